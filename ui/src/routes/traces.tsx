import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { tracesQuery } from '../api/queries.ts'
import { refreshOf } from '../api/refresh.ts'
import { paths } from '../app/paths.ts'
import { questionOf, tracesSearch } from '../traces/question.ts'
import { rootRoute } from './root.tsx'

export const tracesRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: paths.traces,
  validateSearch: tracesSearch,
  loaderDeps: ({ search }) => search,
  // Not awaited: the page shows what is known of itself while the answer is on its way.
  loader: ({ context, deps }) => {
    // What finds a query is asked by the page, which shows it while it comes.
    if (deps.q !== undefined) return
    const question = questionOf(deps)
    void context.queryClient.prefetchQuery(
      tracesQuery(deps.tenant, question, refreshOf(question.range, deps.live)),
    )
  },
  component: lazyRouteComponent(() => import('../traces/page.tsx'), 'TracesPage'),
})
