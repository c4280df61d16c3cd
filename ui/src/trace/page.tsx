// One trace: what it is, its spans in time, and the details of one of them.

import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useMemo } from 'react'
import { Failure } from '../api/failure.ts'
import { traceQuery } from '../api/queries-columns.ts'
import { FailureView } from '../app/failure-view.tsx'
import { paths } from '../app/paths.ts'
import { useTenant } from '../app/tenant.ts'
import { Banner } from '../ui/banner.tsx'
import { Mark } from '../ui/mark.tsx'
import { NONE, operationAt, type Trace } from './columns.ts'
import { isKeyOfCut } from './entries.ts'
import { TraceHeader } from './header.tsx'
import { idInKey, rowOfKey } from './ids.ts'
import { useTraceKeys } from './keys.ts'
import { LostSpan, useLost } from './lost-span.tsx'
import { Minimap } from './minimap.tsx'
import { odditiesOf } from './oddities.ts'
import { useOpenings } from './opening.ts'
import { LostSpanPanel, SpanPanel } from './panel.tsx'
import { PathSummary } from './path-summary.tsx'
import { useReading } from './reading.ts'
import { Services } from './services.tsx'
import { TraceSkeleton } from './skeleton.tsx'
import type { Ground } from './steps.ts'
import { TraceToolbar } from './toolbar.tsx'
import './trace.css'
import { isOfSpans, useLooking } from './view.ts'
import { TraceViews } from './views.tsx'
import { Warnings } from './warnings.tsx'

const route = getRouteApi(paths.trace)

export function TracePage() {
  const { traceId } = route.useParams()
  const query = useQuery(traceQuery(useTenant(), traceId))
  if (query.data === undefined) {
    if (query.error === null) return <TraceSkeleton />
    if (query.error instanceof Failure && query.error.kind === 'not_found') {
      return <NoTrace traceId={traceId} failure={query.error} onRetry={() => query.refetch()} />
    }
    return <FailureView error={query.error} onRetry={() => query.refetch()} />
  }
  return (
    <LoadedTrace key={traceId} traceId={traceId} trace={query.data}>
      {query.error === null ? null : (
        <Banner state="bad">
          The trace could not be renewed: {query.error.message}
          <button type="button" className="button" onClick={() => query.refetch()}>
            Retry
          </button>
        </Banner>
      )}
    </LoadedTrace>
  )
}

interface LoadedProps {
  traceId: string
  trace: Trace
  /** About the whole page. */
  children: React.ReactNode
}

function LoadedTrace({ traceId, trace, children }: LoadedProps) {
  const looking = useLooking(trace)
  const reading = useReading(traceId, trace, looking)
  const { summary } = reading
  const oddities = useMemo(() => odditiesOf(trace), [trace])
  const ground: Ground = { trace, hidden: reading.sight.hidden, found: reading.found }
  const { view, select, jump, window, zoom, hidden, hide, colourBy } = looking
  const { selected } = view
  const openings = useOpenings(trace, ({ asked, trace: opened, key }) => {
    // Who has gone on meanwhile is left where they are.
    if (selected === asked || (selected !== undefined && idInKey(selected) === asked)) jump(key, opened)
  })
  useTraceKeys(reading, ground, looking, openings)
  const row = rowOfKey(trace, selected)
  const isLost = selected !== undefined && row === undefined && !isKeyOfCut(selected)
  const lost = useLost(trace, isLost ? selected : undefined)
  return (
    <div className="trace">
      <title>{`${operationAt(trace, summary.root ?? NONE)?.name || 'Trace'} · Spanloom`}</title>
      <TraceHeader traceId={traceId} trace={trace} summary={summary} folding={view.folding} />
      {children}
      <Warnings trace={trace} oddities={oddities} onJump={jump} />
      {selected === undefined || lost === null ? null : (
        <LostSpan
          lost={lost}
          spanKey={selected}
          trace={trace}
          openings={openings}
          onForget={() => select(undefined)}
        />
      )}
      <TraceToolbar reading={reading} ground={ground} looking={looking} />
      {looking.isPathShown && isOfSpans(looking.name) ? (
        <PathSummary state={reading.path} colours={reading.colours} />
      ) : null}
      {isOfSpans(looking.name) ? (
        <>
          <Services
            reading={reading}
            services={summary.services}
            colourBy={colourBy}
            hidden={hidden}
            onHide={hide}
          />
          <Minimap reading={reading} window={window} onZoom={zoom} />
        </>
      ) : null}
      <div className="trace__body">
        <TraceViews reading={reading} looking={looking} openings={openings} />
        {row === undefined || !isOfSpans(looking.name) ? null : (
          <SpanPanel reading={reading} ground={ground} row={row} looking={looking} />
        )}
        {lost?.kind === 'elsewhere' && isOfSpans(looking.name) ? (
          <LostSpanPanel reading={reading} details={lost.details} looking={looking} />
        ) : null}
      </div>
    </div>
  )
}

interface NoTraceProps {
  traceId: string
  failure: Failure
  onRetry: () => void
}

function NoTrace({ traceId, failure, onRetry }: NoTraceProps) {
  return (
    <section className="message">
      <h1 className="message__title">
        <Mark state="idle" />
        There is no trace with this id
      </h1>
      <dl className="message__facts">
        <dt className="muted">Trace id</dt>
        <dd className="mono">{traceId}</dd>
        <dt className="muted">Searched</dt>
        <dd>All times that the server keeps, and what came in the last moments</dd>
        <dt className="muted">Kept</dt>
        <dd>
          As long as <code>retention</code> in the server’s configuration says; the API does not tell
        </dd>
        <dt className="muted">Answer</dt>
        <dd className="mono">
          {failure.status} {failure.message}
        </dd>
      </dl>
      <p>
        Its spans may not have come yet, may have been dropped by sampling, may belong to another tenant, or
        are older than what is kept.
      </p>
      <div className="message__actions">
        <Link to={paths.traces} className="button button--main">
          Newest traces
        </Link>
        <button type="button" className="button" onClick={onRetry}>
          Look again
        </button>
      </div>
    </section>
  )
}
