// What the list of traces is asked for, and how it is looked at, as the URL has it.

import type { TracesQuestion } from '../api/queries.ts'
import { type TimeRangeSearch, timeRangeOf, timeRangeSearch } from '../api/time-range.ts'
import { defined, textOf, wholeOf } from '../app/search.ts'

export const LIMIT = 50
/** The API gives no more. */
export const LIMIT_MAX = 1000
/** How many are shown next by who asks for more. */
const LIMITS = [LIMIT, 200, LIMIT_MAX]

/** Of what is shown; the server knows the newest only. */
export const SORTS = ['duration', 'spans'] as const
export type Sort = (typeof SORTS)[number]

export interface TracesSearch extends TimeRangeSearch {
  /** TraceQL; the newest traces are listed when absent. */
  q?: string | undefined
  /** Only traces in which this service has a span. */
  service?: string | undefined
  /** At most so many; `LIMIT` when absent. */
  limit?: number | undefined
  /** The newest first when absent. */
  sort?: Sort | undefined
  /** Ids of traces whose matched spans are shown, with commas. */
  open?: string | undefined
  chart?: 'off' | undefined
  /** What the traces waited for, in the place of the list. */
  view?: 'paths' | undefined
  /** Of a chart of metrics: which lines are drawn; see `metrics/shown.ts`. */
  series?: string | undefined
  facets?: 'off' | undefined
}

const off = (value: unknown) => (value === 'off' ? ('off' as const) : undefined)

export function tracesSearch(search: Record<string, unknown>): TracesSearch {
  const limit = wholeOf(search['limit'], 1, LIMIT_MAX)
  return {
    ...defined({ q: textOf(search['q']) }),
    ...timeRangeSearch(search),
    ...defined({
      service: textOf(search['service']),
      limit: limit === LIMIT ? undefined : limit,
      sort: SORTS.find(sort => sort === search['sort']),
      open: textOf(search['open']),
      chart: off(search['chart']),
      view: search['view'] === 'paths' ? ('paths' as const) : undefined,
      series: textOf(search['series']),
      facets: off(search['facets']),
    }),
  }
}

export function questionOf(search: TracesSearch): TracesQuestion {
  return { range: timeRangeOf(search), service: search.service, limit: search.limit ?? LIMIT }
}

/** The next larger limit; undefined at the largest. */
export function limitAbove(limit: number): number | undefined {
  return LIMITS.find(larger => larger > limit)
}

export function openIn(search: TracesSearch): ReadonlySet<string> {
  return new Set(search.open?.split(',') ?? [])
}

/** With a trace opened or closed. */
export function toggledOpen(open: ReadonlySet<string>, id: string): string | undefined {
  const ids = open.has(id) ? [...open].filter(other => other !== id) : [...open, id]
  return ids.length === 0 ? undefined : ids.join(',')
}
