// A trace in columns. Apart from all else that is asked of traces: it is asked by the router before the page's scripts are there.

import { queryOptions } from '@tanstack/react-query'
import type { Trace } from '../trace/columns.ts'
import { isGrowing, isSameTrace } from '../trace/growing.ts'
import { epochMilliseconds, milliseconds, SECOND } from '../ui/units.ts'
import { api, dataOf } from './client.ts'
import type { Tenant } from './queries.ts'
import { nextLive } from './refresh.ts'
import type { ColumnsQuestion, SpanColumns } from './trace-columns.ts'

/** Between two looks at a trace whose spans are still coming. */
const GROWING_INTERVAL = milliseconds(3 * SECOND)
const AGE_MAX = milliseconds(SECOND)

export const traceKey = (tenant: Tenant, id: string) => ['trace', tenant, id] as const

/** One trace, or as much of it as an answer holds. A trace that is still growing is asked for again. */
export const traceQuery = (tenant: Tenant, id: string) =>
  queryOptions({
    queryKey: traceKey(tenant, id),
    queryFn: async ({ signal }) => {
      // What reads it is loaded while it is on its way.
      const [answer, { readTrace }] = await Promise.all([
        askColumns(tenant, id, {}, signal),
        import('../trace/columns.ts'),
      ])
      return readTrace(answer)
    },
    // The same object while it is the same trace, so that nothing is worked out again.
    structuralSharing: (before, now) => sameTrace(before as Trace | undefined, now as Trace),
    // Asked anew, it would be without what was opened.
    staleTime: ({ state }) => (state.data?.isOpened ? Number.POSITIVE_INFINITY : AGE_MAX),
    // The router has just asked, and may have the answer.
    refetchOnMount: false,
    retryOnMount: false,
    refetchInterval: ({ state }) => nextOfTrace(state.data, state.error),
    retry: false,
  })

function sameTrace(before: Trace | undefined, now: Trace): Trace {
  return before !== undefined && !now.isOpened && isSameTrace(before, now) ? before : now
}

function nextOfTrace(trace: Trace | undefined, error: Error | null): number | false {
  if (trace === undefined) return error === null ? false : nextLive(error)
  return isGrowing(trace, epochMilliseconds(Date.now())) ? GROWING_INTERVAL : false
}

export async function askColumns(
  tenant: Tenant,
  id: string,
  question: ColumnsQuestion,
  signal: AbortSignal,
): Promise<SpanColumns> {
  const header = tenant === undefined ? {} : { 'X-Scope-OrgID': tenant }
  const params = { path: { id }, query: question, header }
  const call = api.GET('/api/v1/traces/{id}/spans', { signal, params })
  return await dataOf(`GET /api/v1/traces/${id}/spans`, call)
}
