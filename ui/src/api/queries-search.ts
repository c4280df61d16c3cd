// The questions of the search page, as options for TanStack Query.

import { keepPreviousData, type QueryKey, queryOptions } from '@tanstack/react-query'
import { type EpochMilliseconds, epochMilliseconds, milliseconds, SECOND } from '../ui/units.ts'
import { api, dataOf } from './client.ts'
import { Failure, isTransient } from './failure.ts'
import type { Tenant, TracesQuestion } from './queries.ts'
import { RETRY_INTERVAL, type Refresh } from './refresh.ts'
import { NOTHING_YET, type Search, withLine } from './search.ts'
import { searchLines } from './search-stream.ts'
import { apiRange, type TimeRange } from './time-range.ts'

export interface SearchQuestion extends TracesQuestion {
  /** TraceQL. */
  q: string
}

/** Spans that are given of each trace. */
export const SPANS_OF_TRACE = 10
/** A search that took no longer is run again by itself while the page is live. */
export const CHEAP_MAX = milliseconds(SECOND)
const RERUN_INTERVAL = milliseconds(5 * SECOND)
/** Who comes back to a search within this finds it as it was. */
const SEARCH_AGE_MAX = milliseconds(30 * SECOND)
/** Between two looks at what has come: each draws the page anew. */
const SHOW_INTERVAL = milliseconds(120)
const SUGGESTIONS_AGE_MAX = milliseconds(60 * SECOND)
const VALUES_MAX = 200

const REQUEST = 'GET /api/v1/traces'

const tenantHeader = (tenant: Tenant) => (tenant === undefined ? {} : { 'X-Scope-OrgID': tenant })

/** The searches that run, by their key, so that they can be stopped with what they have. */
const running = new Map<string, AbortController>()

export function stopSearch(key: QueryKey): void {
  running.get(JSON.stringify(key))?.abort()
}

export const searchKey = (tenant: Tenant, question: SearchQuestion) => ['search', tenant, question] as const

/** The traces in which a query matches, newest first; what was found so far is there while it runs. */
export const searchQuery = (tenant: Tenant, question: SearchQuestion, refresh: Refresh | undefined) => {
  const queryKey = searchKey(tenant, question)
  return queryOptions({
    queryKey,
    queryFn: async ({ signal, client }) => {
      // A list that is complete stays until the next one is.
      const isQuiet = client.getQueryData<Search>(queryKey)?.state === 'done'
      const show = (search: Search) => {
        if (!isQuiet) client.setQueryData(queryKey, search)
      }
      return await run(tenant, question, signal, show)
    },
    ...(refresh === undefined ? {} : { meta: { refresh } }),
    refetchInterval: ({ state }) =>
      refresh === 'live' ? nextRun(state.data as Search | undefined, state.error) : (false as const),
    staleTime: ({ state }) => (isBrokenOff(state.data as Search | undefined) ? 0 : SEARCH_AGE_MAX),
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    placeholderData: keepPreviousData,
    structuralSharing: false,
    retry: false,
  })
}

/** Left by its page before it was done. */
const isBrokenOff = (search: Search | undefined) => search?.state === 'running'

export function isCheap(search: Search | undefined): boolean {
  return search?.state === 'done' && search.took < CHEAP_MAX
}

function nextRun(search: Search | undefined, error: Error | null): number | false {
  if (error instanceof Failure) return isTransient(error.kind) ? RETRY_INTERVAL : false
  return isCheap(search) ? RERUN_INTERVAL : false
}

async function run(
  tenant: Tenant,
  question: SearchQuestion,
  signal: AbortSignal,
  show: (search: Search) => void,
): Promise<Search> {
  const key = JSON.stringify(searchKey(tenant, question))
  const stop = new AbortController()
  running.set(key, stop)
  const startedAt = performance.now()
  const took = () => milliseconds(performance.now() - startedAt)
  const bounds = { end: endOf(question.range), limit: question.limit }
  let search: Search = { ...NOTHING_YET, took: took() }
  let shownAt = Number.NEGATIVE_INFINITY
  try {
    const body = await ask(tenant, question, AbortSignal.any([signal, stop.signal]))
    for await (const line of searchLines(REQUEST, body)) {
      search = withLine(search, line, bounds, took())
      if (took() - shownAt < SHOW_INTERVAL) continue
      shownAt = took()
      show(search)
    }
    return { ...search, state: 'done', took: took() }
  } catch (error) {
    if (stop.signal.aborted && !signal.aborted) return { ...search, state: 'stopped', took: took() }
    // What came stays beside what went wrong.
    if (search.traces.length > 0 && !signal.aborted) show(search)
    throw error
  } finally {
    if (running.get(key) === stop) running.delete(key)
  }
}

async function ask(
  tenant: Tenant,
  { range, service, limit, q }: SearchQuestion,
  signal: AbortSignal,
): Promise<ReadableStream<Uint8Array>> {
  const query = {
    ...apiRange(range),
    limit,
    ...(service === undefined ? {} : { service }),
    q,
    spss: SPANS_OF_TRACE,
  }
  const body = await dataOf(
    REQUEST,
    api.GET('/api/v1/traces', {
      signal,
      params: { query, header: tenantHeader(tenant) },
      headers: { accept: 'application/x-ndjson, application/json;q=0.9' },
      parseAs: 'stream',
    }),
  )
  if (body === null) throw new Failure('failed', REQUEST, null, 'the answer is empty')
  return body
}

function endOf(range: TimeRange): EpochMilliseconds {
  return range.kind === 'absolute' ? range.end : epochMilliseconds(Date.now())
}

export type Finds = 'some' | 'none' | 'none so far'

/** Whether a query finds anything: asked clause by clause where all together find nothing. */
export const findsQuery = (tenant: Tenant, question: SearchQuestion) =>
  queryOptions({
    queryKey: ['finds', tenant, question],
    queryFn: async ({ signal }): Promise<Finds> => {
      const { range, service, q } = question
      const query = {
        ...apiRange(range),
        limit: 1,
        spss: 1,
        ...(service === undefined ? {} : { service }),
        q,
      }
      const call = api.GET('/api/v1/traces', { signal, params: { query, header: tenantHeader(tenant) } })
      const { traces, partial } = await dataOf(REQUEST, call)
      if (traces.length > 0) return 'some'
      return partial == null ? 'none' : 'none so far'
    },
    staleTime: SUGGESTIONS_AGE_MAX,
    refetchOnWindowFocus: false,
    retry: false,
  })

/** The same of several queries, one after the other; what is known is there while the rest is asked. */
export const findsEachQuery = (tenant: Tenant, question: SearchQuestion, queries: readonly string[]) => {
  const queryKey = ['finds each', tenant, question]
  return queryOptions({
    queryKey,
    queryFn: async ({ client, signal }) => {
      const found: Record<string, Finds> = {}
      for (const q of queries) {
        signal.throwIfAborted()
        found[q] = await client.fetchQuery(findsQuery(tenant, { ...question, q }))
        client.setQueryData(queryKey, { ...found })
      }
      return found
    },
    // Who left half-way and comes back gets the rest.
    staleTime: ({ state }) => {
      const found = state.data as Record<string, Finds> | undefined
      return queries.every(q => found?.[q] !== undefined) ? SUGGESTIONS_AGE_MAX : 0
    },
    refetchOnWindowFocus: false,
    retry: false,
  })
}

/** Names of attributes by scope, to choose from. */
export const tagNamesQuery = (tenant: Tenant, range: TimeRange) =>
  queryOptions({
    queryKey: ['tag names', tenant, range],
    queryFn: async ({ signal }) => {
      const params = { query: apiRange(range) }
      const call = api.GET('/tempo/api/v2/search/tags', { signal, params, headers: tenantHeader(tenant) })
      return namesIn(await dataOf('GET /tempo/api/v2/search/tags', call))
    },
    staleTime: SUGGESTIONS_AGE_MAX,
    retry: false,
  })

/** Values of an attribute, the most frequent first; `q` may name services, whose values only are given then. */
export const tagValuesQuery = (tenant: Tenant, range: TimeRange, tag: string, q: string | undefined) =>
  queryOptions({
    queryKey: ['tag values', tenant, range, tag, q],
    queryFn: async ({ signal }) => {
      const query = { ...apiRange(range), limit: VALUES_MAX, ...(q === undefined ? {} : { q }) }
      const params = { path: { tag }, query }
      const headers = tenantHeader(tenant)
      const call = api.GET('/tempo/api/v2/search/tag/{tag}/values', { signal, params, headers })
      return valuesIn(await dataOf(`GET /tempo/api/v2/search/tag/${tag}/values`, call))
    },
    staleTime: SUGGESTIONS_AGE_MAX,
    retry: false,
  })

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

function listIn(answer: unknown, field: string): unknown[] {
  const list = isObject(answer) ? answer[field] : undefined
  return Array.isArray(list) ? list : []
}

/** Tempo's answers are not described as ours are: what is not as expected is left out. */
function namesIn(answer: unknown): Map<string, string[]> {
  const scopes = listIn(answer, 'scopes').filter(isObject)
  const named = scopes.flatMap(({ name, tags }): [string, string[]][] =>
    typeof name === 'string' && name !== 'intrinsic' && Array.isArray(tags)
      ? [[name, tags.filter(tag => typeof tag === 'string')]]
      : [],
  )
  return new Map(named)
}

function valuesIn(answer: unknown): { type: string; value: string }[] {
  return listIn(answer, 'tagValues')
    .filter(isObject)
    .flatMap(({ type, value }) =>
      typeof type === 'string' && typeof value === 'string' ? [{ type, value }] : [],
    )
}
