import { createRoute, redirect } from '@tanstack/react-router'
import { paths } from '../app/paths.ts'
import { rootRoute } from './root.tsx'

/** One begins with the map. */
export const homeRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: paths.home,
  beforeLoad: () => {
    throw redirect({ to: paths.topology, replace: true })
  },
})
