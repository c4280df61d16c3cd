import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { traceQuery } from '../api/queries.ts'
import { paths } from '../app/paths.ts'
import { defined, textOf, wholeOf } from '../app/search.ts'
import { rootRoute } from './root.tsx'

/** Deeper than any key can open. */
const DEPTH_MAX = 99

/** What the view of a trace has in its URL. */
export interface TraceSearch {
  /** Key of the span whose details are shown. */
  span?: string | undefined
  /** Levels that are open; all when absent. */
  depth?: number | undefined
  /** Keys of spans that are not as `depth` has them. */
  fold?: string | undefined
}

export function traceSearch(search: Record<string, unknown>): TraceSearch {
  return defined({
    span: textOf(search['span']),
    depth: wholeOf(search['depth'], 1, DEPTH_MAX),
    fold: textOf(search['fold']),
  })
}

export const traceRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: paths.trace,
  validateSearch: traceSearch,
  loaderDeps: ({ search }) => ({ tenant: search.tenant }),
  loader: ({ context, deps, params }) => {
    void context.queryClient.prefetchQuery(traceQuery(deps.tenant, params.traceId))
  },
  component: lazyRouteComponent(() => import('../trace/page.tsx'), 'TracePage'),
})
