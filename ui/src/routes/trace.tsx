import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { traceQuery } from '../api/queries-columns.ts'
import { paths } from '../app/paths.ts'
import { defined, textOf, wholeOf } from '../app/search.ts'
import { milliseconds } from '../ui/units.ts'
import { rootRoute } from './root.tsx'

/** How long a page waits for its trace: with one that is nearly there it is drawn once, not behind a skeleton. */
const PATIENCE = milliseconds(100)

/** Deeper than any key can open. */
const DEPTH_MAX = 99

const VIEWS = ['flame', 'table', 'analysis', 'compare'] as const
const ONLY = ['matches', 'path'] as const
const COLOURS = ['status', 'duration'] as const

/** What the view of a trace has in its URL. */
export interface TraceSearch {
  /** Key of the span whose details are shown. */
  span?: string | undefined
  /** The waterfall when absent. */
  view?: (typeof VIEWS)[number] | undefined
  /** The trace that it is compared with. */
  with?: string | undefined
  /** Levels that are open; all when absent. */
  depth?: number | undefined
  /** Keys of spans that are not as `depth` has them. */
  fold?: string | undefined
  /** The part of the time that is shown, `from,to` in nanoseconds from the trace's start; all when absent. */
  zoom?: string | undefined
  /** Whether the critical path is shown. */
  cp?: 1 | undefined
  /** What is looked for. */
  find?: string | undefined
  /** Spans that are left: those found, or those on the critical path; all when absent. */
  only?: (typeof ONLY)[number] | undefined
  /** Services that are pruned; see `prune.ts` for how they are written. */
  hideSvc?: string | undefined
  /** What colours say; the service when absent. */
  colour?: (typeof COLOURS)[number] | undefined
  /** Of the table: a column, with `-` before it from the largest down. */
  sort?: string | undefined
  /** Of the table: a row for each operation of a service instead of one for each span. */
  group?: 'operation' | undefined
}

export function traceSearch(search: Record<string, unknown>): TraceSearch {
  const oneOf = <Value extends string>(values: readonly Value[], name: string) =>
    values.find(value => value === search[name])
  return defined({
    span: textOf(search['span']),
    view: oneOf(VIEWS, 'view'),
    with: traceIdOf(textOf(search['with'])),
    depth: wholeOf(search['depth'], 1, DEPTH_MAX),
    fold: textOf(search['fold']),
    zoom: zoomOf(textOf(search['zoom'])),
    cp: search['cp'] === '1' || search['cp'] === 1 ? (1 as const) : undefined,
    find: textOf(search['find']),
    only: oneOf(ONLY, 'only'),
    hideSvc: textOf(search['hideSvc']),
    colour: oneOf(COLOURS, 'colour'),
    sort: textOf(search['sort']),
    group: oneOf(['operation'] as const, 'group'),
  })
}

function traceIdOf(text: string | undefined): string | undefined {
  return /^[0-9a-f]{1,32}$/i.test(text ?? '') ? text?.toLowerCase() : undefined
}

/** Two whole numbers of which the second is larger. */
function zoomOf(text: string | undefined): string | undefined {
  const [, from, to] = /^(\d{1,17}),(\d{1,17})$/.exec(text ?? '') ?? []
  return Number(from) < Number(to) ? text : undefined
}

export const traceRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: paths.trace,
  validateSearch: traceSearch,
  loaderDeps: ({ search }) => ({ tenant: search.tenant }),
  loader: async ({ context: { queryClient }, deps, params }) => {
    const query = traceQuery(deps.tenant, params.traceId)
    const asking = queryClient.prefetchQuery(query)
    if (queryClient.getQueryData(query.queryKey) !== undefined) return
    await Promise.race([asking, new Promise(resolve => setTimeout(resolve, PATIENCE))])
  },
  component: lazyRouteComponent(() => import('../trace/page.tsx'), 'TracePage'),
})
