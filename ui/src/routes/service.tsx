import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { paths } from '../app/paths.ts'
import { serviceSearch } from '../services/search.ts'
import { rootRoute } from './root.tsx'

export const serviceRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: paths.service,
  validateSearch: serviceSearch,
  loaderDeps: ({ search: { tenant, live, range, start, end } }) => ({ tenant, live, range, start, end }),
  loader: ({ context: { queryClient }, params, deps: { tenant, live, ...search } }) => {
    void import('../services/prefetch.ts').then(({ prefetchService }) =>
      prefetchService({ queryClient, tenant, live }, params, search),
    )
  },
  component: lazyRouteComponent(() => import('../services/page.tsx'), 'ServicePage'),
})
