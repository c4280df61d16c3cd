// What is asked about traces as a whole: of one, of two beside each other, of all that a search finds.

import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { milliseconds, SECOND } from '../ui/units.ts'
import { api, dataOf } from './client.ts'
import type { Tenant, TracesQuestion } from './queries.ts'
import { apiRange, type TimeRange } from './time-range.ts'

const tenantHeader = (tenant: Tenant) => (tenant === undefined ? {} : { 'X-Scope-OrgID': tenant })

/** Many traces are read for it: who comes back soon finds it as it was. */
const AGE_MAX = milliseconds(60 * SECOND)

/** What there is to know of a trace. It is another when more spans have come. */
export const analysisQuery = (tenant: Tenant, id: string, spans: number) =>
  queryOptions({
    queryKey: ['analysis', tenant, id, spans],
    queryFn: async ({ signal }) => {
      const params = { path: { id }, header: tenantHeader(tenant) }
      const call = api.GET('/api/v1/traces/{id}/analysis', { signal, params })
      return await dataOf(`GET /api/v1/traces/${id}/analysis`, call)
    },
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: keepPreviousData,
    retry: false,
  })

/** Two traces, the first on the left. */
export const comparisonQuery = (tenant: Tenant, left: string, right: string) =>
  queryOptions({
    queryKey: ['comparison', tenant, left, right],
    queryFn: async ({ signal }) => {
      const params = { path: { id: left }, query: { with: right }, header: tenantHeader(tenant) }
      const call = api.GET('/api/v1/traces/{id}/compare', { signal, params })
      return await dataOf(`GET /api/v1/traces/${left}/compare`, call)
    },
    staleTime: AGE_MAX,
    retry: false,
  })

export interface PathsQuestion extends TracesQuestion {
  /** TraceQL; all traces when undefined. */
  q: string | undefined
}

/** Fewer traces say little of what is usual. */
const TRACES_MIN = 100

export function pathsQuestion(
  { range, service, limit }: TracesQuestion,
  q: string | undefined,
): PathsQuestion {
  return { q, range, service, limit: Math.max(TRACES_MIN, limit) }
}

/** What the traces that a query finds waited for. */
export const pathsQuery = (tenant: Tenant, { q, range, service, limit }: PathsQuestion) =>
  queryOptions({
    queryKey: ['paths', tenant, { q, range, service, limit }],
    queryFn: async ({ signal }) => {
      const query = {
        ...apiRange(range),
        limit,
        ...(q === undefined ? {} : { q }),
        ...(service === undefined ? {} : { service }),
      }
      const params = { query, header: tenantHeader(tenant) }
      const call = api.GET('/api/v1/traces/analysis', { signal, params })
      return await dataOf('GET /api/v1/traces/analysis', call)
    },
    staleTime: AGE_MAX,
    refetchOnWindowFocus: false,
    placeholderData: keepPreviousData,
    retry: false,
  })

/** Traces to compare another with; the newest so many that a query finds. */
export const candidatesQuery = (tenant: Tenant, q: string, range: TimeRange, limit: number) =>
  queryOptions({
    queryKey: ['candidates', tenant, q, range, limit],
    queryFn: async ({ signal }) => {
      const query = { ...apiRange(range), limit, spss: 1, q }
      const params = { query, header: tenantHeader(tenant) }
      const call = api.GET('/api/v1/traces', { signal, params })
      return (await dataOf('GET /api/v1/traces', call)).traces
    },
    staleTime: AGE_MAX,
    refetchOnWindowFocus: false,
    retry: false,
  })
