import { createRoute, redirect } from '@tanstack/react-router'
import { paths } from '../app/paths.ts'
import { rootRoute } from './root.tsx'

/** The newest traces until there is a map to begin with. */
export const homeRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: paths.home,
  beforeLoad: () => {
    throw redirect({ to: paths.traces, replace: true })
  },
})
