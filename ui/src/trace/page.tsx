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
import { serviceColours } from '../ui/service-colour.ts'
import { TraceHeader } from './header.tsx'
import { SpanPanel } from './panel.tsx'
import { TraceSkeleton } from './skeleton.tsx'
import type { Trace } from './span.ts'
import { summaryOf } from './summary.ts'
import './trace.css'
import { treeOf } from './tree.ts'
import { useTraceView } from './view.ts'
import { Waterfall } from './waterfall.tsx'

const route = getRouteApi(paths.trace)

export function TracePage() {
  const { traceId } = route.useParams()
  const query = useQuery(traceQuery(useTenant(), traceId))
  if (query.data === undefined) {
    if (query.error === null) return <TraceSkeleton />
    if (query.error instanceof Failure && query.error.kind === 'not_found')
      return <NoTrace traceId={traceId} />
    return <FailureView error={query.error} onRetry={() => query.refetch()} />
  }
  return (
    <LoadedTrace traceId={traceId} trace={query.data}>
      {query.error === null ? null : (
        <Banner state="bad">The trace could not be renewed: {query.error.message}</Banner>
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
  const summary = useMemo(() => summaryOf(trace, tree), [trace, tree])
  const colours = useMemo(() => serviceColours(trace.spans.map(span => span.service)), [trace])
  const { view, select, fold } = useTraceView(tree)
  const place = view.selected === undefined ? undefined : tree.places.get(view.selected)
  const isLost = view.selected !== undefined && place === undefined
  return (
    <div className="trace">
      <title>{`${summary.root?.name || 'Trace'} · Spanloom`}</title>
      <TraceHeader traceId={traceId} trace={trace} tree={tree} summary={summary} colours={colours} />
      {children}
      {summary.oddities.length === 0 ? null : <Oddities oddities={summary.oddities} />}
      {isLost ? (
        <Banner state="warn">
          <span>
            No span of this trace has the id <code>{view.selected}</code>.
          </span>
          <button type="button" className="button" onClick={() => select(undefined)}>
            Forget it
          </button>
        </Banner>
      ) : null}
      <div className="trace__body">
        <Waterfall trace={trace} tree={tree} view={view} colours={colours} onSelect={select} onFold={fold} />
        {place === undefined ? null : (
          <SpanPanel trace={trace} tree={tree} place={place} colours={colours} onSelect={select} />
        )}
      </div>
    </div>
  )
}

function Oddities({ oddities }: { oddities: string[] }) {
  const [first, ...rest] = oddities
  return (
    <Banner state="warn">
      {rest.length === 0 ? (
        `${first}.`
      ) : (
        <details className="oddities">
          <summary>
            {first}, and {rest.length} more to know
          </summary>
          <ul>
            {rest.map(text => (
              <li key={text}>{text}</li>
            ))}
          </ul>
        </details>
      )}
    </Banner>
  )
}

function NoTrace({ traceId }: { traceId: string }) {
  return (
    <section className="message">
      <h1 className="message__title">
        <Mark state="idle" />
        There is no trace with this id
      </h1>
      <p className="mono">{traceId}</p>
      <p>
        The server looked through everything that it has. Its spans may not have come yet, may have been
        dropped by sampling, or are older than what it keeps (<code>retention</code> in its configuration).
      </p>
      <div className="message__actions">
        <Link to={paths.traces} className="button button--main">
          Newest traces
        </Link>
      </div>
    </section>
  )
}
