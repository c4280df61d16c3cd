// The pages joined: each is a file in `routes/`, and a new one is added to the tree here.

import type { QueryClient } from '@tanstack/react-query'
import { createRouter, type RouterHistory } from '@tanstack/react-router'
import { connectRoute } from '../routes/connect.tsx'
import { homeRoute } from '../routes/home.tsx'
import { rootRoute } from '../routes/root.tsx'
import { serviceRoute } from '../routes/service.tsx'
import { servicesRoute } from '../routes/services.tsx'
import { topologyRoute } from '../routes/topology.tsx'
import { traceRoute } from '../routes/trace.tsx'
import { tracesRoute } from '../routes/traces.tsx'
import { parseSearch, stringifySearch } from './search.ts'

const routeTree = rootRoute.addChildren([
  homeRoute,
  topologyRoute,
  servicesRoute,
  serviceRoute,
  tracesRoute,
  traceRoute,
  connectRoute,
])

/** The router of the app; tests give it a history in memory. */
export function createAppRouter(queryClient: QueryClient, history?: RouterHistory) {
  return createRouter({
    routeTree,
    context: { queryClient },
    parseSearch,
    stringifySearch,
    scrollRestoration: true,
    ...(history === undefined ? {} : { history }),
  })
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createAppRouter>
  }
}
