// What the view of one trace asks besides the trace itself.

import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { api, dataOf } from './client.ts'
import type { Tenant } from './queries.ts'

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

/** The trace as the server writes it, to be kept as a file. */
export async function traceFile(tenant: Tenant, id: string): Promise<Blob> {
  const params = { path: { id }, header: tenantHeader(tenant) }
  const call = api.GET('/api/v1/traces/{id}', { params, parseAs: 'blob' })
  return await dataOf(`GET /api/v1/traces/${id}`, call)
}
