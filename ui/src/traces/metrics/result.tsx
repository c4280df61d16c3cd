// The answer to a metrics query, with all the states that it can be in.

import { lazy, Suspense } from 'react'
import type { TracesQuestion } from '../../api/queries.ts'
import type { MeasuredMetrics } from '../../api/queries-metrics.ts'
import type { TimeRange } from '../../api/time-range.ts'
import { FailureView } from '../../app/failure-view.tsx'
import { Banner } from '../../ui/banner.tsx'
import type { TracesSearch } from '../question.ts'
import type { Shape } from './shape.ts'
import type { Measured } from './use-metrics.ts'

/** Charts are loaded by who draws one. */
const MetricsView = lazy(async () => ({ default: (await import('./view.tsx')).MetricsView }))

export interface MetricsProps {
  shape: Shape
  q: string
  question: TracesQuestion
  search: TracesSearch
  onAsk: (query: string) => void
  onRange: (range: TimeRange) => void
  /** Changes how it is looked at. */
  onChange: (search: TracesSearch) => void
}

interface Props extends MetricsProps {
  measured: Measured
  /** Whether the server did not understand the query: the bar says so. */
  isRefused: boolean
}

export function MetricsResult({ measured, isRefused, ...props }: Props) {
  const { data, error, isStandIn, again } = measured
  const isOld = isStandIn || error !== null
  // A chart of another query says nothing of this one.
  const hasNone = data === undefined || (isStandIn && isRefused)
  if (hasNone && isRefused) return null
  if (hasNone && error !== null) return <FailureView error={error} onRetry={again} />
  return (
    <>
      {props.question.service === undefined ? null : <ServiceNote service={props.question.service} />}
      {error === null || isRefused ? null : (
        <Banner state="bad">
          The chart could not be renewed: {error.message}
          <button type="button" className="button" onClick={again}>
            Try again
          </button>
        </Banner>
      )}
      {data?.partial == null ? null : <Banner state="warn">This is not all: {data.partial}</Banner>}
      {hasNone ? <Waiting /> : <Shown data={data} isOld={isOld} props={props} />}
    </>
  )
}

function ServiceNote({ service }: { service: string }) {
  return (
    <Banner state="plain">
      <span>
        Charts are of all services: of {service} alone with <code>resource.service.name</code> in the query.
      </span>
    </Banner>
  )
}

function Shown({ data, isOld, props }: { data: MeasuredMetrics; isOld: boolean; props: MetricsProps }) {
  return (
    <div className="metrics" data-old={isOld} aria-busy={isOld}>
      <Suspense fallback={<Waiting />}>
        <MetricsView {...props} metrics={data} />
      </Suspense>
    </div>
  )
}

function Waiting() {
  return (
    <div className="metrics__waiting" role="status" aria-label="Loading the chart">
      <span className="skeleton" />
    </div>
  )
}
