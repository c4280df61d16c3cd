import { Link } from '@tanstack/react-router'
import { ChevronRight } from 'lucide-react'
import { curlOf } from '../api/curl.ts'
import { paths } from '../app/paths.ts'
import { useTenant } from '../app/tenant.ts'
import { useNow } from '../ui/clock.ts'
import { CopyButton } from '../ui/copy-button.tsx'
import { counted, formatCount, formatDuration, formatMoment } from '../ui/format.ts'
import { ErrorWord } from '../ui/mark.tsx'
import { ServiceText } from '../ui/service-label.tsx'
import { missingIn, NONE, type Operation, operationAt, type Trace } from './columns.ts'
import { DownloadButton } from './download.tsx'
import { DEPTH_OF_LARGE, type Folding, isCutOff } from './fold.ts'
import { isGrowing } from './growing.ts'
import type { Summary } from './summary.ts'

interface Props {
  traceId: string
  trace: Trace
  summary: Summary
  folding: Folding
}

export function TraceHeader({ traceId, trace, summary, folding }: Props) {
  return (
    <header className="trace-header">
      <div className="trace-header__line">
        <nav aria-label="Where this is" className="crumbs">
          <Link to={paths.traces}>Traces</Link>
          <ChevronRight size={14} aria-hidden="true" className="muted" />
        </nav>
        <Title root={operationAt(trace, summary.root ?? NONE)} />
        <div className="toolbar__space" />
        <CopyButton what="the trace id" label="Copy id" text={traceId} />
        <Actions traceId={traceId} />
      </div>
      <dl className="facts">
        <Fact name="Duration">
          <span className="mono">{formatDuration(trace.length)}</span>
        </Fact>
        <Fact name="Started">
          <span className="mono">
            {trace.startedAt === null ? 'not known' : formatMoment(trace.startedAt)}
          </span>
        </Fact>
        <Fact name="Spans">
          <span className="mono">{formatCount(trace.spanCount)}</span> of{' '}
          {counted(summary.services.length, 'service')} in {counted(trace.depth, 'level')}
          <Growing trace={trace} />
          {isCutOff(trace, folding) ? (
            <span className="muted">, open to level {DEPTH_OF_LARGE}; 9 opens all</span>
          ) : null}
        </Fact>
        <Fact name="Errors">
          {summary.errors === 0 ? 'none' : <ErrorWord>{counted(summary.errors, 'span')}</ErrorWord>}
        </Fact>
        <Fact name="Trace id">
          <span className="mono">{traceId}</span>
        </Fact>
      </dl>
      <Part trace={trace} />
    </header>
  )
}

function Title({ root }: { root: Operation | undefined }) {
  if (root === undefined) return <h1>A trace without spans</h1>
  return (
    <h1 className="trace-header__title">
      <ServiceText service={root.service} /> <span>{root.name}</span>
    </h1>
  )
}

/** Of a trace that is not all there. */
function Part({ trace }: { trace: Trace }) {
  if (missingIn(trace) === 0) return null
  return (
    <p className="trace-header__part" role="status">
      {formatCount(trace.rowCount)} of {formatCount(trace.spanCount)} spans are shown; open a row to see more.
      Services, self times and what is odd are of these.
    </p>
  )
}

function Actions({ traceId }: { traceId: string }) {
  const tenant = useTenant()
  return (
    <>
      <CopyButton
        what="a command that asks for this trace as OTLP/JSON"
        label="Copy as curl"
        text={() => curlOf({ path: `/api/v1/traces/${traceId}`, tenant })}
      />
      <DownloadButton traceId={traceId} />
      <CopyButton what="a link to what is shown" label="Copy link" text={() => globalThis.location.href} />
    </>
  )
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div className="facts__one">
      <dt className="muted">{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

function Growing({ trace }: { trace: Trace }) {
  return isGrowing(trace, useNow()) ? <span className="muted">, more may come</span> : null
}
