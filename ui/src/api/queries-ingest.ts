// Who sends what, looked at again and again: two looks tell how much comes in a second.

import { queryOptions } from '@tanstack/react-query'
import { type EpochMilliseconds, epochMilliseconds, MINUTE } from '../ui/units.ts'
import { api, dataOf } from './client.ts'
import type { Tenant } from './queries.ts'
import { nextLive, type Refresh } from './refresh.ts'
import type { SchemaIngestReport } from './schema.d.ts'

export interface IngestLook {
  /** By this machine's clock. */
  at: EpochMilliseconds
  /** By the server's, to the second: its moments are to be compared with this. */
  serverAt: EpochMilliseconds
  report: SchemaIngestReport
}

/** The looks of the last minute, the newest last. */
export const ingestQuery = (tenant: Tenant, refresh: Refresh) =>
  queryOptions({
    queryKey: ['ingest', tenant],
    queryFn: async ({ signal, client, queryKey }): Promise<IngestLook[]> => {
      const header = tenant === undefined ? {} : { 'X-Scope-OrgID': tenant }
      const call = api.GET('/api/v1/ingest', { signal, params: { header } })
      const report = await dataOf('GET /api/v1/ingest', call)
      const at = epochMilliseconds(Date.now())
      const told = Date.parse((await call).response.headers.get('date') ?? '')
      const serverAt = Number.isNaN(told) ? at : epochMilliseconds(told)
      const before = client.getQueryData<IngestLook[]>(queryKey) ?? []
      return [...before.filter(look => at - look.at <= MINUTE), { at, serverAt, report }]
    },
    meta: { refresh },
    refetchInterval: ({ state }) => (refresh === 'live' ? nextLive(state.error) : false),
    structuralSharing: false,
    retry: false,
  })
