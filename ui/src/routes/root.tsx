import type { QueryClient } from '@tanstack/react-query'
import { createRootRouteWithContext, retainSearchParams } from '@tanstack/react-router'
import { NotFound } from '../app/not-found.tsx'
import { RouteFailure } from '../app/route-failure.tsx'
import { defined, tenantOf } from '../app/search.ts'
import { Shell } from '../app/shell.tsx'

/** What every page has in its URL. A link that says `undefined` takes it away. */
export interface RootSearch {
  /** Whose data; the default tenant's when absent. */
  tenant?: string | undefined
  /** Whether pages that show the present hold still. */
  live?: 'off' | undefined
}

export function rootSearch(search: Record<string, unknown>): RootSearch {
  return defined({
    tenant: tenantOf(search['tenant']),
    live: search['live'] === 'off' ? ('off' as const) : undefined,
  })
}

export const rootRoute = createRootRouteWithContext<{ queryClient: QueryClient }>()({
  validateSearch: rootSearch,
  search: { middlewares: [retainSearchParams(['tenant', 'live'])] },
  component: Shell,
  notFoundComponent: NotFound,
  errorComponent: RouteFailure,
})
