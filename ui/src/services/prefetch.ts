// Begins to ask while the page is still on its way.

import type { QueryClient } from '@tanstack/react-query'
import type { Tenant } from '../api/queries.ts'
import { type ServiceKey, serviceListQuery, signalsQuery } from '../api/queries-services.ts'
import { refreshOf } from '../api/refresh.ts'
import { listRangeOf, questionOf } from './question.ts'
import type { ServiceSearch, ServicesSearch } from './search.ts'

interface Page {
  queryClient: QueryClient
  tenant: Tenant
  live: 'off' | undefined
}

export function prefetchServices({ queryClient, tenant, live }: Page, search: ServicesSearch): void {
  const range = listRangeOf(search)
  void queryClient.prefetchQuery(serviceListQuery(tenant, range, refreshOf(range, live)))
}

export function prefetchService(
  { queryClient, tenant, live }: Page,
  service: ServiceKey,
  search: ServiceSearch,
): void {
  const question = questionOf(service, search)
  void queryClient.prefetchQuery(signalsQuery(tenant, question, refreshOf(question.range, live)))
}
