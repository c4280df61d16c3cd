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
import { DownloadButton } from './download.tsx'
import { isGrowing, type Trace } from './span.ts'
import type { Summary } from './summary.ts'
import type { Tree } from './tree.ts'

interface Props {
  traceId: string
  trace: Trace
  tree: Tree
  summary: Summary
}

export function TraceHeader({ traceId, trace, tree, summary }: Props) {
  return (
    <header className="trace-header">
      <div className="trace-header__line">
        <nav aria-label="Where this is" className="crumbs">
          <Link to={paths.traces}>Traces</Link>
          <ChevronRight size={14} aria-hidden="true" className="muted" />
        </nav>
        <Title summary={summary} />
        <div className="toolbar__space" />
        <CopyButton what="the trace id" label="Copy id" text={traceId} />
        <Actions traceId={traceId} />
      </div>
      <dl className="facts">
        <Fact name="Duration">
          <span className="mono">{formatDuration(trace.duration)}</span>
        </Fact>
        <Fact name="Started">
          <span className="mono">
            {trace.startedAt === null ? 'not known' : formatMoment(trace.startedAt)}
          </span>
        </Fact>
        <Fact name="Spans">
          <span className="mono">{formatCount(trace.spans.length)}</span> of{' '}
          {counted(summary.services.length, 'service')} in {counted(tree.depth, 'level')}
          <Growing trace={trace} />
        </Fact>
        <Fact name="Errors">
          {summary.errors === 0 ? 'none' : <ErrorWord>{counted(summary.errors, 'span')}</ErrorWord>}
        </Fact>
        <Fact name="Trace id">
          <span className="mono">{traceId}</span>
        </Fact>
      </dl>
    </header>
  )
}

function Title({ summary }: { summary: Summary }) {
  if (summary.root === undefined) return <h1>A trace without spans</h1>
  return (
    <h1 className="trace-header__title">
      <ServiceText service={summary.root.service} /> <span>{summary.root.name}</span>
    </h1>
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
