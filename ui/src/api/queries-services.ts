// What the pages of services ask: the list of them, and of one its signals, its calls, its surroundings and its failures.

import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { type Milliseconds, milliseconds, SECOND } from '../ui/units.ts'
import { api, dataOf } from './client.ts'
import { Failure } from './failure.ts'
import type { Tenant } from './queries.ts'
import { nextLive, type Refresh } from './refresh.ts'
import type { SchemaCallLists, SchemaGraph, SchemaSignals } from './schema.d.ts'
import { apiRange, type TimeRange } from './time-range.ts'

/** Between two looks at numbers that are of minutes. */
const INTERVAL = milliseconds(5 * SECOND)
const INTERVAL_MAX = milliseconds(60 * SECOND)
/** What changes rarely, or costs more to find. */
const SLOW_INTERVAL = milliseconds(15 * SECOND)

const staleAfter = (interval: Milliseconds) => milliseconds(4 * interval)

/** A chart gets a new step once in a step; asking more often shows little. */
function intervalOf(step: number): Milliseconds {
  return milliseconds(Math.min(INTERVAL_MAX, Math.max(INTERVAL, step * SECOND)))
}

const tenantHeader = (tenant: Tenant) => (tenant === undefined ? {} : { 'X-Scope-OrgID': tenant })

/** A service as paths of the API name it: `_` for no namespace. */
export interface ServiceKey {
  namespace: string
  name: string
}

/** Id of its node in the graph. */
export function idOf({ namespace, name }: ServiceKey): string {
  return namespace === '_' ? name : `${namespace}/${name}`
}

/** What was asked for, or, where nothing of this name had a call in the range, what the server says to that. */
export type Found<Data> = { data: Data } | { data: null; why: string }

/** That somebody is not there now is an answer and not a failure: who looks on may see them come. */
async function foundOr<Data>(ask: Promise<Data>): Promise<Found<Data>> {
  try {
    return { data: await ask }
  } catch (error) {
    if (error instanceof Failure && error.kind === 'not_found') return { data: null, why: error.message }
    throw error
  }
}

const every = (refresh: Refresh, interval: Milliseconds) => (query: { state: { error: Error | null } }) => {
  if (refresh !== 'live') return false
  return query.state.error === null ? interval : nextLive(query.state.error)
}

/** The services with calls in a time range. */
export const serviceListQuery = (tenant: Tenant, range: TimeRange, refresh: Refresh) =>
  queryOptions({
    queryKey: ['service list', tenant, range],
    queryFn: async ({ signal }) => {
      const params = { query: apiRange(range), header: tenantHeader(tenant) }
      const call = api.GET('/api/v1/services', { signal, params })
      return (await dataOf('GET /api/v1/services', call)).services
    },
    meta: { refresh, staleAfter: staleAfter(INTERVAL) },
    refetchInterval: every(refresh, INTERVAL),
    placeholderData: keepPreviousData,
    retry: false,
  })

export interface SignalsQuestion {
  service: ServiceKey
  range: TimeRange
  /** Seconds. */
  step: number
}

function askSignals(tenant: Tenant, { service, range, step }: SignalsQuestion, signal: AbortSignal) {
  const query = { ...apiRange(range), step: `${step}s` }
  const params = { path: { ...service }, query, header: tenantHeader(tenant) }
  const call = api.GET('/api/v1/services/{namespace}/{name}/signals', { signal, params })
  return dataOf<SchemaSignals>(`GET ${pathOf(service)}/signals`, call)
}

export function pathOf({ namespace, name }: ServiceKey): string {
  return `/api/v1/services/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`
}

/** The golden signals of a service, step by step, and its operations. */
export const signalsQuery = (tenant: Tenant, question: SignalsQuestion, refresh: Refresh) =>
  queryOptions({
    queryKey: ['signals', tenant, question],
    queryFn: ({ signal }): Promise<Found<SchemaSignals>> => foundOr(askSignals(tenant, question, signal)),
    meta: { refresh, staleAfter: staleAfter(intervalOf(question.step)) },
    refetchInterval: every(refresh, intervalOf(question.step)),
    placeholderData: (before, query) => (isOfService(query?.queryKey, question) ? before : undefined),
    structuralSharing: false,
    retry: false,
  })

/** Whether an earlier question was of the same service: the numbers of another never stand in for it. */
function isOfService(key: readonly unknown[] | undefined, { service }: { service: ServiceKey }): boolean {
  const question = key?.[2] as { service?: ServiceKey } | undefined
  return question?.service !== undefined && idOf(question.service) === idOf(service)
}

/** The same signals of a time that is past, to compare with. */
export const earlierSignalsQuery = (tenant: Tenant, question: SignalsQuestion) =>
  queryOptions({
    queryKey: ['earlier signals', tenant, question],
    queryFn: ({ signal }): Promise<Found<SchemaSignals>> => foundOr(askSignals(tenant, question, signal)),
    placeholderData: (before, query) => (isOfService(query?.queryKey, question) ? before : undefined),
    staleTime: Number.POSITIVE_INFINITY,
    structuralSharing: false,
    retry: false,
  })

/** Who calls a service and whom it calls, with their numbers step by step. */
export const callsQuery = (tenant: Tenant, question: SignalsQuestion, refresh: Refresh) =>
  queryOptions({
    queryKey: ['calls', tenant, question],
    queryFn: ({ signal }): Promise<Found<SchemaCallLists>> => foundOr(askCalls(tenant, question, signal)),
    refetchInterval: every(refresh, intervalOf(question.step)),
    placeholderData: (before, query) => (isOfService(query?.queryKey, question) ? before : undefined),
    structuralSharing: false,
    retry: false,
  })

function askCalls(tenant: Tenant, { service, range, step }: SignalsQuestion, signal: AbortSignal) {
  const query = { ...apiRange(range), step: `${step}s` }
  const params = { path: { ...service }, query, header: tenantHeader(tenant) }
  const call = api.GET('/api/v1/services/{namespace}/{name}/calls', { signal, params })
  return dataOf<SchemaCallLists>(`GET ${pathOf(service)}/calls`, call)
}

/** The node of a service and what it calls or is called by. */
export const surroundingsQuery = (tenant: Tenant, service: ServiceKey, range: TimeRange, refresh: Refresh) =>
  queryOptions({
    queryKey: ['surroundings', tenant, { service, range }],
    queryFn: ({ signal }): Promise<Found<SchemaGraph>> => {
      const query = { ...apiRange(range), focus: idOf(service), depth: 1 }
      const call = api.GET('/api/v1/graph', { signal, params: { query, header: tenantHeader(tenant) } })
      return foundOr(dataOf<SchemaGraph>('GET /api/v1/graph', call))
    },
    refetchInterval: every(refresh, SLOW_INTERVAL),
    placeholderData: (before, query) => (isOfService(query?.queryKey, { service }) ? before : undefined),
    structuralSharing: false,
    retry: false,
  })

/** The newest traces in which a TraceQL query finds something. */
export const foundTracesQuery = (
  tenant: Tenant,
  q: string,
  range: TimeRange,
  limit: number,
  refresh: Refresh,
) =>
  queryOptions({
    queryKey: ['found traces', tenant, { q, range, limit }],
    queryFn: async ({ signal }) => {
      const query = { ...apiRange(range), q, limit, spss: 1 }
      const call = api.GET('/api/v1/traces', { signal, params: { query, header: tenantHeader(tenant) } })
      return (await dataOf('GET /api/v1/traces', call)).traces
    },
    refetchInterval: every(refresh, SLOW_INTERVAL),
    retry: false,
  })
