import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { paths } from '../app/paths.ts'
import { servicesSearch } from '../services/search.ts'
import { rootRoute } from './root.tsx'

export const servicesRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: paths.services,
  validateSearch: servicesSearch,
  loaderDeps: ({ search: { tenant, live, range, start, end } }) => ({ tenant, live, range, start, end }),
  // How to ask comes with the page and not before: who only looks at the topology need not load it.
  loader: ({ context: { queryClient }, deps: { tenant, live, ...search } }) => {
    void import('../services/prefetch.ts').then(({ prefetchServices }) =>
      prefetchServices({ queryClient, tenant, live }, search),
    )
  },
  component: lazyRouteComponent(() => import('../services/list-page.tsx'), 'ServicesPage'),
})
