// Every question that pages ask, as options for TanStack Query: its key, how it is asked, when it is asked again.

import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { epochNanoseconds, type Milliseconds, milliseconds, millisecondsOf, SECOND } from '../ui/units.ts'
import { api, dataOf } from './client.ts'
import { takeGraphAhead } from './graph-ahead.ts'
import { type GraphQuestion, graphParams } from './graph-question.ts'
import { SILENCE_MAX } from './graph-stream.ts'
import { nextLive, RETRY_INTERVAL, type Refresh } from './refresh.ts'
import type { SchemaGraph } from './schema.d.ts'
import { apiRange, RANGES, type TimeRange } from './time-range.ts'

declare module '@tanstack/react-query' {
  interface Register {
    defaultError: Error
    queryMeta: {
      refresh?: Refresh
      /** What is heard less often than every few seconds says here after how long it is stale. */
      staleAfter?: Milliseconds
      /** Whether it is asked for again and again because the stream that should tell of changes is not there. */
      isPolled?: boolean
    }
  }
}

const STATUS_INTERVAL = milliseconds(30 * SECOND)
const SUGGESTIONS_AGE_MAX = milliseconds(60 * SECOND)
const SUGGESTIONS_MAX = 500

/** Which tenant's data; undefined is the server's default. */
export type Tenant = string | undefined

const tenantHeader = (tenant: Tenant) => (tenant === undefined ? {} : { 'X-Scope-OrgID': tenant })

export interface TracesQuestion {
  range: TimeRange
  service: string | undefined
  limit: number
}

/** Version, readiness and tenants of the server. */
export const statusQuery = () =>
  queryOptions({
    queryKey: ['status'],
    queryFn: ({ signal }) => dataOf('GET /api/v1/status', api.GET('/api/v1/status', { signal })),
    refetchInterval: ({ state }) => (state.data?.ready ? STATUS_INTERVAL : RETRY_INTERVAL),
    retry: false,
  })

/** The newest traces of a time range. */
export const tracesQuery = (tenant: Tenant, question: TracesQuestion, refresh: Refresh) =>
  queryOptions({
    queryKey: ['traces', tenant, question],
    queryFn: async ({ signal }) => {
      const { range, service, limit } = question
      const query = { ...apiRange(range), limit, ...(service === undefined ? {} : { service }) }
      const params = { query, header: tenantHeader(tenant) }
      return (await dataOf('GET /api/v1/traces', api.GET('/api/v1/traces', { signal, params }))).traces
    },
    meta: { refresh },
    refetchInterval: ({ state }) => (refresh === 'live' ? nextLive(state.error) : false),
    placeholderData: keepPreviousData,
    retry: false,
  })

/** How a live graph is kept up: by a stream, by asking again because a stream is not there, or by asking alone. */
export type GraphFeed = 'stream' | 'instead of a stream' | 'polling'

/** The service graph of a time range. */
export const graphQuery = (tenant: Tenant, question: GraphQuestion, refresh: Refresh, feed: GraphFeed) =>
  queryOptions({
    queryKey: ['graph', tenant, question],
    queryFn: async ({ signal }) => {
      const params = { query: graphParams(question), header: tenantHeader(tenant) }
      const called = takeGraphAhead(tenant, question)?.called
      return await dataOf('GET /api/v1/graph', called ?? api.GET('/api/v1/graph', { signal, params }))
    },
    meta: {
      refresh,
      isPolled: feed === 'instead of a stream',
      ...(feed === 'stream' ? { staleAfter: SILENCE_MAX } : {}),
    },
    ...(feed === 'stream' ? { staleTime: Number.POSITIVE_INFINITY } : {}),
    refetchInterval: ({ state }) =>
      refresh === 'live' && feed !== 'stream' ? nextLive(state.error) : (false as const),
    placeholderData: keepPreviousData,
    // A graph changes in most of its numbers; comparing thousands of them costs more than it saves.
    structuralSharing: false,
    retry: false,
  })

/** Names of namespaces with traffic in a time range, to choose from. */
export const namespacesQuery = (tenant: Tenant, range: TimeRange) =>
  queryOptions({
    queryKey: ['namespaces', tenant, range],
    queryFn: async ({ signal }) => {
      const query = { ...apiRange(range), by: 'namespace' as const }
      const call = api.GET('/api/v1/graph', { signal, params: { query, header: tenantHeader(tenant) } })
      return namespacesIn(await dataOf('GET /api/v1/graph', call))
    },
    staleTime: SUGGESTIONS_AGE_MAX,
    retry: false,
  })

function namespacesIn({ nodes }: SchemaGraph): string[] {
  const names = nodes.map(({ namespace }) => namespace).filter(name => typeof name === 'string')
  return [...new Set(names)].sort()
}

/** The rows of a SQL query. */
async function rowsOf(tenant: Tenant, query: string, signal: AbortSignal): Promise<unknown[][]> {
  const call = api.POST('/api/v1/sql', { signal, params: { header: tenantHeader(tenant) }, body: { query } })
  const answer = await dataOf('POST /api/v1/sql', call)
  // The other form of the answer, an Arrow stream, is only given to who asks for it.
  return 'rows' in answer ? answer.rows : []
}

/** Names of services with spans since a moment, to choose from. */
export const servicesQuery = (tenant: Tenant, range: TimeRange) =>
  queryOptions({
    queryKey: ['services', tenant, range],
    queryFn: async ({ signal }) => {
      const rows = await rowsOf(tenant, servicesSql(range), signal)
      return rows.map(([name]) => name).filter(name => typeof name === 'string')
    },
    staleTime: SUGGESTIONS_AGE_MAX,
    retry: false,
  })

/** SQL has no `now-1h`: the moment is the browser's, which is near enough for suggestions. */
function servicesSql(range: TimeRange): string {
  const { start, end } = momentsOf(range)
  const time = `start_ns >= ${start}${end === undefined ? '' : ` and start_ns <= ${end}`}`
  return `select service_name from spans where ${time} and service_name is not null group by 1 order by 1 limit ${SUGGESTIONS_MAX}`
}

function momentsOf(range: TimeRange): { start: bigint; end?: bigint } {
  const ns = (ms: number) => BigInt(ms) * 1_000_000n
  if (range.kind === 'absolute') return { start: ns(range.start), end: ns(range.end) }
  return { start: ns(Date.now() - RANGES[range.range].length) }
}

/** When the newest of all traces ended; null if there is none. */
export const newestQuery = (tenant: Tenant) =>
  queryOptions({
    queryKey: ['newest', tenant],
    queryFn: async ({ signal }) => {
      const [row] = await rowsOf(tenant, 'select max(end_ns) as newest_ns from traces', signal)
      const digits = row?.[0]
      if (typeof digits !== 'string' && typeof digits !== 'number') return null
      return millisecondsOf(epochNanoseconds(BigInt(digits)))
    },
    retry: false,
  })
