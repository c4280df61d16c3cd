// What the server scrapes, and how that goes.

import { queryOptions } from '@tanstack/react-query'
import { type EpochMilliseconds, epochMilliseconds, milliseconds, SECOND } from '../ui/units.ts'
import { dataOf, prometheusApi } from './client.ts'
import { Failure } from './failure.ts'
import type { ScrapeTarget } from './prometheus.ts'
import type { Tenant } from './queries.ts'
import { nextLive, type Refresh } from './refresh.ts'

/** Scrapes are tens of seconds apart. */
const INTERVAL = milliseconds(5 * SECOND)
const PATH = '/prometheus/api/v1/targets'

export interface TargetsLook {
  /** By the server's clock, to the second: its moments are to be compared with this. */
  serverAt: EpochMilliseconds
  targets: readonly ScrapeTarget[]
}

/** The targets that are scraped; none of a server that does not scrape. */
export const scrapeTargetsQuery = (tenant: Tenant, refresh: Refresh) =>
  queryOptions({
    queryKey: ['scrape targets', tenant],
    queryFn: async ({ signal }): Promise<TargetsLook> => {
      const header = tenant === undefined ? {} : { 'X-Scope-OrgID': tenant }
      const call = prometheusApi.GET(PATH, { signal, params: { query: { state: 'active' }, header } })
      const targets = await activeTargets(dataOf(`GET ${PATH}`, call))
      const told = Date.parse((await call).response.headers.get('date') ?? '')
      return { serverAt: epochMilliseconds(Number.isNaN(told) ? Date.now() : told), targets }
    },
    refetchInterval: ({ state: { error } }) => {
      if (refresh !== 'live') return false
      return error === null ? INTERVAL : nextLive(error)
    },
    retry: false,
  })

async function activeTargets(answer: Promise<{ data: { activeTargets: ScrapeTarget[] } }>) {
  try {
    return (await answer).data.activeTargets
  } catch (error) {
    if (error instanceof Failure && error.kind === 'not_found') return []
    throw error
  }
}
