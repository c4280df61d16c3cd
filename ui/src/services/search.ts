// What the pages of services have in their URLs. Apart from what is made of it, which pages need that are loaded later.

import { type RangeName, type TimeRangeSearch, timeRangeSearch } from '../api/time-range.ts'
import { defined, textOf } from '../app/search.ts'

/** The list is of now, as the topology is. */
export const LIST_RANGE: RangeName = '5m'

export interface ServicesSearch extends TimeRangeSearch {
  /** Part of a name. */
  find?: string | undefined
  namespace?: string | undefined
  /** Name of a column, with `-` before it from the largest down. */
  sort?: string | undefined
}

export function servicesSearch(search: Record<string, unknown>): ServicesSearch {
  return {
    ...timeRangeSearch(search, LIST_RANGE),
    ...defined({
      find: textOf(search['find']),
      namespace: textOf(search['namespace']),
      sort: textOf(search['sort']),
    }),
  }
}

/** The first is the default. */
export const TABS = ['signals', 'calls', 'operations'] as const
export type Tab = (typeof TABS)[number]

export interface ServiceSearch extends TimeRangeSearch {
  tab?: Exclude<Tab, 'signals'> | undefined
  /** Whether the period before stands beside it. */
  cmp?: 'prev' | undefined
  /** Of the tab's table. */
  sort?: string | undefined
}

export function serviceSearch(search: Record<string, unknown>): ServiceSearch {
  const tab = TABS.find(name => name === search['tab'])
  return {
    ...timeRangeSearch(search),
    ...defined({
      tab: tab === 'signals' ? undefined : tab,
      cmp: search['cmp'] === 'prev' ? ('prev' as const) : undefined,
      sort: tab === undefined || tab === 'signals' ? undefined : textOf(search['sort']),
    }),
  }
}
