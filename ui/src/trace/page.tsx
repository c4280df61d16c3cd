// One trace: what it is, its spans in time, and the details of one of them.

import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useMemo } from 'react'
import { Failure } from '../api/failure.ts'
import { traceQuery } from '../api/queries.ts'
import { FailureView } from '../app/failure-view.tsx'
import { paths } from '../app/paths.ts'
import { useTenant } from '../app/tenant.ts'
import { Banner } from '../ui/banner.tsx'
import { Mark } from '../ui/mark.tsx'
import { TraceHeader } from './header.tsx'
import { useTraceKeys } from './keys.ts'
import { Minimap } from './minimap.tsx'
import { odditiesOf } from './oddities.ts'
import { SpanPanel } from './panel.tsx'
import { PathSummary } from './path-summary.tsx'
import { useReading } from './reading.ts'
import { Services } from './services.tsx'
import { TraceSkeleton } from './skeleton.tsx'
import type { Trace } from './span.ts'
import type { Ground } from './steps.ts'
import { summaryOf } from './summary.ts'
import { TraceToolbar } from './toolbar.tsx'
import './trace.css'
import { treeOf } from './tree.ts'
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
  const tree = useMemo(() => treeOf(trace.spans), [trace])
  const looking = useLooking(trace, tree)
  const reading = useReading(traceId, trace, tree, looking)
  const summary = useMemo(() => summaryOf(tree, reading.self), [tree, reading.self])
  const oddities = useMemo(() => odditiesOf(tree), [tree])
  const ground: Ground = { tree, hidden: reading.sight.hidden, found: reading.found }
  useTraceKeys(reading, ground, looking)
  const { view, select, jump, window, zoom, hidden, hide, colourBy } = looking
  const place = view.selected === undefined ? undefined : tree.places.get(view.selected)
  return (
    <div className="trace">
      <title>{`${summary.root?.name || 'Trace'} · Spanloom`}</title>
      <TraceHeader traceId={traceId} trace={trace} tree={tree} summary={summary} folding={view.folding} />
      {children}
      <Warnings tree={tree} oddities={oddities} onJump={jump} />
      {view.selected !== undefined && place === undefined ? (
        <LostSpan spanId={view.selected} onForget={() => select(undefined)} />
      ) : null}
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
        <TraceViews reading={reading} looking={looking} />
        {place === undefined || !isOfSpans(looking.name) ? null : (
          <SpanPanel reading={reading} place={place} looking={looking} />
        )}
      </div>
    </div>
  )
}

function LostSpan({ spanId, onForget }: { spanId: string; onForget: () => void }) {
  return (
    <Banner state="warn">
      <span>
        No span of this trace has the id <code>{spanId}</code>.
      </span>
      <button type="button" className="button" onClick={onForget}>
        Forget it
      </button>
    </Banner>
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
