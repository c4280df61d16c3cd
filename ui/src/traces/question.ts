// What the list of traces is asked for, as the URL has it.

import type { TracesQuestion } from '../api/queries.ts'
import { type TimeRangeSearch, timeRangeOf, timeRangeSearch } from '../api/time-range.ts'
import { defined, textOf, wholeOf } from '../app/search.ts'

export const LIMIT = 50
/** The API gives no more. */
export const LIMIT_MAX = 1000
/** How many are shown next by who asks for more. */
const LIMITS = [LIMIT, 200, LIMIT_MAX]

export interface TracesSearch extends TimeRangeSearch {
  /** Only traces in which this service has a span. */
  service?: string | undefined
  /** At most so many; `LIMIT` when absent. */
  limit?: number | undefined
}

export function tracesSearch(search: Record<string, unknown>): TracesSearch {
  const limit = wholeOf(search['limit'], 1, LIMIT_MAX)
  return {
    ...timeRangeSearch(search),
    ...defined({ service: textOf(search['service']), limit: limit === LIMIT ? undefined : limit }),
  }
}

export function questionOf(search: TracesSearch): TracesQuestion {
  return { range: timeRangeOf(search), service: search.service, limit: search.limit ?? LIMIT }
}

/** The next larger limit; undefined at the largest. */
export function limitAbove(limit: number): number | undefined {
  return LIMITS.find(larger => larger > limit)
}
