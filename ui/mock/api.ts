// The API as the UI uses it, over traces in memory: one mock for development, for unit tests, and for browser tests
// without a server. It refuses what the server refuses.

import type { SchemaGraph, SchemaGrouping, SchemaStatus, SchemaTracesData } from '../src/api/schema.d.ts'
import { analysisOf } from './analysis.ts'
import { error, json } from './answer.ts'
import { callsOf } from './calls.ts'
import { comparisonOf } from './compare.ts'
import { criticalPathOf } from './critical-path.ts'
import { generated } from './generated.ts'
import { graphOf } from './graph.ts'
import { ingestReport } from './ingest.ts'
import { metricsAnswer } from './metrics.ts'
import { pathsOf } from './paths.ts'
import { linesOf, search } from './search.ts'
import { serviceAnswer, servicesOf } from './services.ts'
import type { MockStore, Question } from './store.ts'
import { streamOf } from './stream.ts'
import { tagNames, tagValues } from './tags.ts'
import { targetsOf } from './targets.ts'
import { sourceOf, TRACE_PART, tracePart } from './trace-parts.ts'
import { Invalid, parseQuery } from './traceql.ts'

const LIMIT = 20
const LIMIT_MAX = 1000
const SPSS = 3
const SPSS_MAX = 100
const NDJSON = 'application/x-ndjson'
const GROUPINGS: readonly SchemaGrouping[] = ['service', 'workload', 'namespace', 'cluster']
const DEPTH = 1
const DEPTH_MAX = 16
const STREAM_INTERVAL_MS = 1000
const LISTENERS = (
  [
    ['otlp_grpc', 4317],
    ['otlp_http', 4318],
    ['zipkin', 9411],
    ['api', 4300],
  ] as const
).map(([protocol, port]) => ({ protocol, address: `127.0.0.1:${port}`, tls: false, token: false }))
const NS_PER_MS = 1_000_000n
const UNIT_MS: Record<string, number> = { s: 1e3, m: 6e4, h: 36e5, d: 864e5 }

export interface MockOptions {
  tenants: string[]
  /** A token that every request must bring. */
  token?: string
  /** Between two looks of a stream; without a stream if null. */
  streamIntervalMs?: number | null
  /** So many rows of a trace are in an answer at most. */
  rowsMax?: number
}

/** A function like `fetch`. */
export function mockFetch(store: MockStore, options: MockOptions = { tenants: ['default'] }) {
  return async (request: Request): Promise<Response> => {
    const url = new URL(request.url)
    if (options.token !== undefined && request.headers.get('authorization') !== `Bearer ${options.token}`) {
      const message = 'Authorization is not `Bearer <token>` with the token of auth.token_file'
      return error(401, 'unauthorized', message, { 'www-authenticate': 'Bearer' })
    }
    if (url.pathname === '/api/v1/status') return json(status(options))
    const tenant = request.headers.get('x-scope-orgid') ?? 'default'
    const made = generated(tenant, url, request.signal, options.streamIntervalMs ?? STREAM_INTERVAL_MS)
    if (made !== null) return made
    if (!options.tenants.includes(tenant))
      return error(401, 'unauthorized', `tenant ${tenant} is not allowed`)
    return answer(store, request, url, options)
  }
}

async function answer(
  store: MockStore,
  request: Request,
  url: URL,
  { streamIntervalMs = STREAM_INTERVAL_MS, rowsMax }: MockOptions,
): Promise<Response> {
  const service = serviceAnswer(store, url)
  if (service !== null) return service
  const [, tag] = /^\/tempo\/api\/v2\/search\/tag\/([^/]+)\/values$/.exec(url.pathname) ?? []
  if (tag !== undefined) return values(store, decodeURIComponent(tag))
  if (url.pathname === '/api/v1/traces/analysis') return paths(store, url.searchParams)
  const [, id, part] = /^\/api\/v1\/traces\/([^/]+)(?:\/(.+))?$/.exec(url.pathname) ?? []
  if (id !== undefined) {
    if (part === 'compare') return comparison(store, id, url.searchParams.get('with') ?? '')
    if (part !== undefined && TRACE_PART.test(part))
      return trace(store, id, found => tracePart(sourceOf(id, found), part, url.searchParams, rowsMax))
    if (part === undefined) return trace(store, id, found => found)
    const answerOf = PARTS[part]
    if (answerOf !== undefined) return trace(store, id, found => answerOf(id, found))
  }
  switch (`${request.method} ${url.pathname}`) {
    case 'GET /api/v1/traces':
      return list(store, url.searchParams, request.headers.get('accept')?.includes(NDJSON) ?? false)
    case 'GET /tempo/api/v2/search/tags':
      return json(tagNames(store))
    case 'GET /tempo/api/metrics/query_range':
      return metricsAnswer(store, url.searchParams)
    case 'GET /api/v1/graph':
      return graph(store, url.searchParams)
    case 'GET /api/v1/services':
      return servicesOf(graphNow(store, url.searchParams))
    case 'GET /api/v1/ingest':
      return json(ingestReport(store, request.headers.get('x-scope-orgid') ?? 'default'))
    case 'GET /prometheus/api/v1/targets':
      return json({ status: 'success', data: { activeTargets: targetsOf(store) } })
    case 'GET /api/v1/stream':
      if (streamIntervalMs === null) return error(404, 'not_found', 'there is no stream')
      return stream(store, url.searchParams, streamIntervalMs, request.signal)
    case 'POST /api/v1/sql':
      return sql(store, ((await request.json()) as { query: string }).query)
    case 'POST /v1/traces':
      store.take((await request.json()) as SchemaTracesData)
      return json({})
    default:
      return error(404, 'not_found', `there is no ${url.pathname}`)
  }
}

const PARTS: Record<string, (id: string, found: SchemaTracesData) => unknown> = {
  'critical-path': criticalPathOf,
  analysis: analysisOf,
}

function comparison(store: MockStore, id: string, other: string): Response {
  return trace(store, other, right => {
    const left = store.trace(id)
    return left === undefined ? null : comparisonOf([id, left], [other, right])
  })
}

function paths(store: MockStore, params: URLSearchParams): Response {
  const asked = new URLSearchParams(params)
  if (!asked.has('q')) asked.set('q', '{ }')
  const [start, end] = [momentOf(params.get('start') ?? 'now-1h'), momentOf(params.get('end') ?? 'now+5m')]
  if (start === null || end === null)
    return error(400, 'bad_request', 'a time is RFC 3339, `now` or `now-5m`')
  const question = { start, end, limit: Number(params.get('limit') ?? 100), service: params.get('service') }
  try {
    const traces = search(store, parseQuery(asked.get('q') ?? ''), question, 1)
    return json(
      pathsOf(
        traces.flatMap(({ trace_id: id }) => [store.trace(id)].flatMap(data => (data ? [{ id, data }] : []))),
      ),
    )
  } catch (wrong) {
    return refusal(wrong)
  }
}

/** What is wrong with a query, and where; anything else is thrown on. */
function refusal(wrong: unknown): Response {
  if (!(wrong instanceof Invalid)) throw wrong
  const { message, position } = wrong
  return json({ error: { code: 'bad_request', message, position } }, { status: 400 })
}

function status({ tenants }: MockOptions): SchemaStatus {
  return { version: 'mock', ready: true, started: '2026-01-01T00:00:00Z', tenants, listeners: LISTENERS }
}

function trace(store: MockStore, id: string, answerOf: (found: SchemaTracesData) => unknown): Response {
  if (!/^[0-9a-f]{1,32}$/i.test(id))
    return error(400, 'bad_request', `a trace id is 1 to 32 hexadecimal digits, not "${id}"`)
  const found = store.trace(id)
  const answer = found === undefined ? null : answerOf(found)
  return answer === null ? error(404, 'not_found', `there is no trace ${id}`) : json(answer)
}

function values(store: MockStore, tag: string): Response {
  const found = tagValues(store, tag)
  return found === null ? new Response(`a tag is like \`name\`, not "${tag}"`, { status: 400 }) : json(found)
}

function list(store: MockStore, params: URLSearchParams, isStreamed: boolean): Response {
  const start = momentOf(params.get('start') ?? 'now-1h')
  const end = momentOf(params.get('end') ?? 'now+5m')
  const limit = Number(params.get('limit') ?? LIMIT)
  if (start === null || end === null)
    return error(400, 'bad_request', 'a time is RFC 3339, `now` or `now-5m`')
  if (end < start) return error(400, 'bad_request', 'end lies before start')
  if (!Number.isInteger(limit) || limit < 1 || limit > LIMIT_MAX) {
    return error(400, 'bad_request', `limit is ${limit}, it must be from 1 to ${LIMIT_MAX}`)
  }
  const question = { start, end, limit, service: params.get('service') || null }
  const q = params.get('q')
  return q === null ? json({ traces: store.list(question) }) : found(store, q, question, params, isStreamed)
}

function found(
  store: MockStore,
  q: string,
  question: Question,
  params: URLSearchParams,
  isStreamed: boolean,
): Response {
  const spss = Number(params.get('spss') ?? SPSS)
  if (!Number.isInteger(spss) || spss < 1 || spss > SPSS_MAX)
    return error(400, 'bad_request', `spss is ${spss}, it must be from 1 to ${SPSS_MAX}`)
  try {
    const traces = search(store, parseQuery(q), question, spss)
    if (!isStreamed) return json({ traces })
    return new Response(linesOf(traces, question, store.sent().length), {
      headers: { 'content-type': NDJSON },
    })
  } catch (wrong) {
    return refusal(wrong)
  }
}

function graph(store: MockStore, params: URLSearchParams): Response {
  const found = graphNow(store, params)
  if (typeof found === 'string') return error(400, 'bad_request', found)
  const focus = params.get('focus')
  if (focus !== null && !found.nodes.some(({ id }) => id === focus))
    return error(404, 'not_found', `there is no node "${focus}" in this range`)
  return json(found)
}

function stream(
  store: MockStore,
  params: URLSearchParams,
  intervalMs: number,
  signal: AbortSignal,
): Response {
  const ranged = new URLSearchParams(params)
  ranged.set('start', `now-${params.get('range') ?? '5m'}`)
  const first = graphNow(store, ranged)
  if (typeof first === 'string') return error(400, 'bad_request', first)
  const next = () => {
    const now = graphNow(store, ranged)
    return typeof now === 'string' ? first : now
  }
  return streamOf(next, intervalMs, signal)
}

/** The graph, or what is wrong with the question. */
function graphNow(store: MockStore, params: URLSearchParams): SchemaGraph | string {
  const start = momentOf(params.get('start') ?? 'now-5m')
  const end = momentOf(params.get('end') ?? 'now')
  const by = GROUPINGS.find(name => name === (params.get('by') ?? 'service'))
  const depth = Number(params.get('depth') ?? DEPTH)
  if (start === null || end === null) return 'a time is RFC 3339, `now` or `now-5m`'
  if (by === undefined) return `by is one of ${GROUPINGS.join(', ')}`
  if (!Number.isInteger(depth) || depth < 1 || depth > DEPTH_MAX) return `depth is from 1 to ${DEPTH_MAX}`
  const question = { by, namespace: params.get('namespace'), focus: params.get('focus'), depth, start, end }
  return graphOf(callsOf(store.all(), start, end), question, store.rev)
}

/** The two questions that the UI asks in SQL. */
function sql(store: MockStore, query: string): Response {
  if (/^select service_name from spans where /.test(query)) {
    const rows = store.services().map(name => [name])
    return json({ columns: [{ name: 'service_name', type: 'Utf8' }], rows, row_count: rows.length })
  }
  if (query === 'select max(end_ns) as newest_ns from traces') {
    return json({ columns: [{ name: 'newest_ns', type: 'Int64' }], rows: [[store.newest()]], row_count: 1 })
  }
  return error(400, 'bad_request', `the mock does not know the query: ${query}`)
}

export function momentOf(text: string): bigint | null {
  const [, sign, size, unit] = /^now(?:([+-])(\d+)([smhd]))?$/.exec(text) ?? []
  if (text.startsWith('now')) {
    const offset = Number(size ?? 0) * (UNIT_MS[unit ?? 's'] ?? Number.NaN)
    const ms = Date.now() + (sign === '-' ? -offset : offset)
    return Number.isNaN(ms) ? null : BigInt(ms) * NS_PER_MS
  }
  const ms = Date.parse(text)
  return Number.isNaN(ms) ? null : BigInt(ms) * NS_PER_MS
}
