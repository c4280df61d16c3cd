import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { paths } from '../app/paths.ts'
import { defined, textOf } from '../app/search.ts'
import { rootRoute } from './root.tsx'

/** What the page that helps to connect has in its URL. */
export interface ConnectSearch {
  /** What is connected; the page knows which there are. */
  to?: string | undefined
  /** By which of several means. */
  via?: string | undefined
}

export function connectSearch(search: Record<string, unknown>): ConnectSearch {
  return defined({ to: textOf(search['to']), via: textOf(search['via']) })
}

export const connectRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: paths.connect,
  validateSearch: connectSearch,
  component: lazyRouteComponent(() => import('../connect/page.tsx'), 'ConnectPage'),
})
