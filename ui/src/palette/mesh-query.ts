// The services, databases and queues that can be gone to by name.

import { queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../api/client.ts'
import type { Tenant } from '../api/queries.ts'
import { MINUTE } from '../ui/units.ts'

export const meshQuery = (tenant: Tenant) =>
  queryOptions({
    queryKey: ['palette', tenant],
    queryFn: async ({ signal }) => {
      const header = tenant === undefined ? {} : { 'X-Scope-OrgID': tenant }
      const params = { query: { start: 'now-1h' }, header }
      return await dataOf('GET /api/v1/graph', api.GET('/api/v1/graph', { signal, params }))
    },
    staleTime: MINUTE,
    retry: false,
  })
