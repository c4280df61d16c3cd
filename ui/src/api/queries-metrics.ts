// The question of a metrics query, as options for TanStack Query.

import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { epochMilliseconds, milliseconds, SECOND } from '../ui/units.ts'
import { dataOf, tempoApi } from './client.ts'
import { Failure, isTransient } from './failure.ts'
import { type Metrics, readMetrics, type Steps, stepOf } from './metrics.ts'
import type { Tenant } from './queries.ts'
import { RETRY_INTERVAL, type Refresh } from './refresh.ts'
import { fixed, type TimeRange } from './time-range.ts'

export interface MetricsQuestion {
  /** TraceQL with a metrics function. */
  q: string
  range: TimeRange
  /** At most so many steps; 1 is the whole range. */
  steps: number
}

/** What took no longer is asked again by itself while the page is live. */
const CHEAP_MAX = milliseconds(SECOND)
const RERUN_INTERVAL = milliseconds(10 * SECOND)
/** Who comes back within this finds the chart as it was. */
const AGE_MAX = milliseconds(30 * SECOND)
const EXEMPLARS = 60

const REQUEST = 'GET /tempo/api/metrics/query_range'

export interface MeasuredMetrics extends Metrics {
  /** How long the answer took. */
  took: number
}

export const metricsQuery = (tenant: Tenant, question: MetricsQuestion, refresh: Refresh) =>
  queryOptions({
    queryKey: ['metrics', tenant, question],
    queryFn: async ({ signal }): Promise<MeasuredMetrics> => {
      const steps = stepsOf(question)
      const { start, end, step } = steps
      const query = { q: question.q, start, end, step: `${step}s`, exemplars: EXEMPLARS }
      const header = tenant === undefined ? {} : { 'X-Scope-OrgID': tenant }
      const startedAt = performance.now()
      const call = tempoApi.GET('/tempo/api/metrics/query_range', { signal, params: { query, header } })
      const answer = await dataOf(REQUEST, call)
      return { ...readMetrics(answer, steps), took: performance.now() - startedAt }
    },
    meta: { refresh, staleAfter: milliseconds(3 * RERUN_INTERVAL) },
    refetchInterval: ({ state }) => (refresh === 'live' ? nextOf(state.data, state.error) : (false as const)),
    staleTime: AGE_MAX,
    refetchOnWindowFocus: false,
    placeholderData: keepPreviousData,
    structuralSharing: false,
    retry: false,
  })

function nextOf(data: MeasuredMetrics | undefined, error: Error | null): number | false {
  if (error instanceof Failure) return isTransient(error.kind) ? RETRY_INTERVAL : false
  return data !== undefined && data.took < CHEAP_MAX ? RERUN_INTERVAL : false
}

/** Whole seconds, in which the server's parameters are. */
export function stepsOf({ range, steps }: Pick<MetricsQuestion, 'range' | 'steps'>): Steps {
  const moments = fixed(range, epochMilliseconds(Date.now()))
  const start = Math.floor(moments.start / 1000)
  const end = Math.max(start + 1, Math.ceil(moments.end / 1000))
  // Of the range as it is: an hour between two whole seconds is an hour.
  const length = (moments.end - moments.start) / 1000
  return { start, end, step: steps === 1 ? end - start : stepOf(length, steps) }
}
