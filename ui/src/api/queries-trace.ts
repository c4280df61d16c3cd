// What the view of one trace asks besides the trace itself.

import { keepPreviousData, type QueryClient, queryOptions } from '@tanstack/react-query'
import { type Details, detailsIn } from '../trace/details.ts'
import { MINUTE, milliseconds } from '../ui/units.ts'
import { api, dataOf } from './client.ts'
import type { Tenant } from './queries.ts'
import { askColumns } from './queries-columns.ts'
import type { ColumnsQuestion } from './trace-columns.ts'

const tenantHeader = (tenant: Tenant) => (tenant === undefined ? {} : { 'X-Scope-OrgID': tenant })

/** The critical path of a trace. It is another when more spans have come. */
export const criticalPathQuery = (tenant: Tenant, id: string, spans: number) =>
  queryOptions({
    queryKey: ['critical-path', tenant, id, spans],
    queryFn: async ({ signal }) => {
      const params = { path: { id }, header: tenantHeader(tenant) }
      const call = api.GET('/api/v1/traces/{id}/critical-path', { signal, params })
      return await dataOf(`GET /api/v1/traces/${id}/critical-path`, call)
    },
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: keepPreviousData,
    retry: false,
  })

/** A span is not told apart from what it was a while ago: it only ever gets company by its other half. */
const SPAN_AGE_MAX = milliseconds(MINUTE)
const SPAN_KEPT_FOR = milliseconds(30 * MINUTE)
const SPANS_MAX = 100

/** All that the spans with an id say; Zipkin's halves are two. */
export const spanQuery = (tenant: Tenant, traceId: string, spanId: string) =>
  queryOptions({
    queryKey: ['span', tenant, traceId, spanId],
    queryFn: async ({ signal }): Promise<Details[]> => {
      const params = { path: { id: traceId, span_id: spanId }, header: tenantHeader(tenant) }
      const call = api.GET('/api/v1/traces/{id}/spans/{span_id}', { signal, params })
      return detailsIn(await dataOf(`GET /api/v1/traces/${traceId}/spans/${spanId}`, call))
    },
    staleTime: SPAN_AGE_MAX,
    gcTime: SPAN_KEPT_FOR,
    retry: false,
  })

/** Keeps the spans that were asked for last, but for those that are looked at. */
export function forgetSpans(queryClient: QueryClient): void {
  const queries = queryClient.getQueryCache().findAll({ queryKey: ['span'], type: 'inactive' })
  const byAge = queries.toSorted((a, b) => b.state.dataUpdatedAt - a.state.dataUpdatedAt)
  for (const query of byAge.slice(SPANS_MAX)) queryClient.getQueryCache().remove(query)
}

/** What is looked for in a trace and found. It is another when more spans have come. */
export const matchesQuery = (tenant: Tenant, id: string, text: string, spans: number) =>
  queryOptions({
    queryKey: ['matches', tenant, id, text, spans],
    queryFn: async ({ signal }) => {
      const params = { path: { id }, query: { text }, header: tenantHeader(tenant) }
      const call = api.GET('/api/v1/traces/{id}/matches', { signal, params })
      return await dataOf(`GET /api/v1/traces/${id}/matches`, call)
    },
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: keepPreviousData,
    retry: false,
  })

/** A part of a trace that is not there. Asked for once, however often one presses. */
export const partQuery = (tenant: Tenant, id: string, question: ColumnsQuestion) =>
  queryOptions({
    queryKey: ['trace part', tenant, id, question],
    queryFn: ({ signal }) => askColumns(tenant, id, question, signal),
    staleTime: 0,
    gcTime: 0,
    retry: false,
  })

/** The trace as the server writes it, to be kept as a file. */
export async function traceFile(tenant: Tenant, id: string): Promise<Blob> {
  const params = { path: { id }, header: tenantHeader(tenant) }
  const call = api.GET('/api/v1/traces/{id}', { params, parseAs: 'blob' })
  return await dataOf(`GET /api/v1/traces/${id}`, call)
}
