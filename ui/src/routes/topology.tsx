import { createRoute } from '@tanstack/react-router'
import { graphAhead, takeGraphAhead } from '../api/graph-ahead.ts'
import { graphQuery } from '../api/queries.ts'
import { refreshOf } from '../api/refresh.ts'
import { paths } from '../app/paths.ts'
import { prepareLayout } from '../graph/layout/ask.ts'
import { TopologyPage } from '../topology/page.tsx'
import { questionOf, topologySearch } from '../topology/question.ts'
import { rootRoute } from './root.tsx'

export const topologyRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: paths.topology,
  validateSearch: topologySearch,
  // Only what changes the question: where the camera is does not.
  loaderDeps: ({ search: { tenant, live, ...search } }) => ({ tenant, live, question: questionOf(search) }),
  loader: ({ cause, context: { queryClient }, deps: { tenant, live, question } }) => {
    const query = graphQuery(tenant, question, refreshOf(question.range, live), 'polling')
    const ahead = graphAhead(tenant, question)
    if (ahead === null && cause === 'enter') prepareLayout()
    if (ahead?.graph !== undefined)
      queryClient.setQueryData(query.queryKey, takeGraphAhead(tenant, question)?.graph)
    void queryClient.prefetchQuery(query)
  },
  component: TopologyPage,
})
