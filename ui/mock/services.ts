// Services, their signals and their calls as the API answers them, added up from calls.

import type {
  SchemaCallItem,
  SchemaCallLists,
  SchemaGraph,
  SchemaOperationItem,
  SchemaSignals,
  SchemaSpanKindWord,
  SchemaStepExemplar,
  SchemaTracesData,
} from '../src/api/schema.d.ts'
import { error, json } from './answer.ts'
import { momentOf } from './api.ts'
import { type Call, callsOf } from './calls.ts'
import { healthOf, percentiles } from './graph.ts'
import { heatmapOf } from './heatmap.ts'
import { saturationOf } from './saturation.ts'
import type { MockStore } from './store.ts'

const PATH = /^\/api\/v1\/services\/([^/]+)\/([^/]+)\/(signals|calls)$/
const NS_PER_S = 1_000_000_000n
const WINDOW_S = 10
const STEPS_MAX = 1000
const STEPS_BY_DEFAULT = 120
const ROUND_S = [10, 30, 60, 300, 600, 1800, 3600, 10_800, 21_600, 86_400]
const UNIT_S: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 }
const EXEMPLARS_PER_STEP = 3

export function servicesOf(graph: SchemaGraph | string): Response {
  if (typeof graph === 'string') return error(400, 'bad_request', graph)
  const { rev, start, end, nodes } = graph
  const services = nodes.filter(({ kind }) => kind === 'service' || kind === 'gateway')
  return json({ rev, start, end, services: services.sort((a, b) => (a.id < b.id ? -1 : 1)) })
}

/** Null where the question is about something else. */
export function serviceAnswer(store: MockStore, url: URL): Response | null {
  const [, namespace, name, what] = PATH.exec(url.pathname) ?? []
  if (namespace === undefined || name === undefined) return null
  const [scope, own] = [decodeURIComponent(namespace), decodeURIComponent(name)]
  const id = scope === '_' ? own : `${scope}/${own}`
  const steps = stepsOf(url.searchParams)
  if (typeof steps === 'string') return error(400, 'bad_request', steps)
  const { calls } = callsOf(store.all(), steps.start, steps.end)
  const isThere = calls.some(({ source, target }) => source?.id === id || target.id === id)
  if (!isThere) return error(404, 'not_found', `there is no node "${id}" in this range`)
  const about = { rev: String(store.rev), ...wordsOf(steps), id }
  return what === 'calls'
    ? json({ ...about, ...sidesOf(id, calls, steps) })
    : json({ ...about, ...signalsOf(store, id, calls, steps) })
}

interface Steps {
  /** Nanoseconds since the epoch, whole steps. */
  start: bigint
  end: bigint
  step: number
  times: number[]
}

/** The steps of a question, or what is wrong with it. */
function stepsOf(params: URLSearchParams): Steps | string {
  const from = momentOf(params.get('start') ?? 'now-5m')
  const to = momentOf(params.get('end') ?? 'now')
  if (from === null || to === null) return 'a time is RFC 3339, `now` or `now-5m`'
  if (to < from) return 'end lies before start'
  const seconds = Number(to - from) / 1e9
  const text = params.get('step')
  const fitting = ROUND_S.find(step => seconds / step <= STEPS_BY_DEFAULT) ?? 86_400
  const step = text === null ? fitting : lengthOf(text)
  if (step === null || step <= 0 || step % WINDOW_S !== 0) return `step is a multiple of 10 s, not "${text}"`
  if (seconds / step > STEPS_MAX) return `these are more than ${STEPS_MAX} steps`
  const size = BigInt(step) * NS_PER_S
  const start = (from / size) * size
  const count = Math.max(1, Number((to - start + size - 1n) / size))
  const times = Array.from({ length: count }, (_, place) => Number(start / NS_PER_S) + place * step)
  return { start, end: start + BigInt(count) * size, step, times }
}

function lengthOf(text: string): number | null {
  const [, size, unit = ''] = /^(\d+)([smhd])$/.exec(text) ?? []
  return size === undefined ? null : Number(size) * (UNIT_S[unit] ?? 0)
}

function wordsOf({ start, end, step, times }: Steps) {
  const moment = (ns: bigint) => new Date(Number(ns / 1_000_000n)).toISOString()
  return { start: moment(start), end: moment(end), step_s: step, times }
}

function byStep(calls: readonly Call[], { start, step, times }: Steps): Call[][] {
  const groups: Call[][] = times.map(() => [])
  for (const call of calls) {
    groups[Math.floor(Number(call.endedAt - start) / 1e9 / step)]?.push(call)
  }
  return groups
}

const errorsIn = (calls: readonly Call[]) => calls.filter(({ isError }) => isError).length
const rateOfErrors = (calls: readonly Call[]) => (calls.length === 0 ? null : errorsIn(calls) / calls.length)
const ofClass = (name: string) => (calls: readonly Call[]) =>
  calls.filter(({ exemplar }) => exemplar.class === name).length

function signalsOf(store: MockStore, id: string, calls: Call[], steps: Steps) {
  const reached = byStep(
    calls.filter(({ target }) => target.id === id),
    steps,
  )
  const latencies = reached.map(percentiles)
  const [first, second] = id.split('/')
  const signals: Omit<SchemaSignals, 'rev' | 'start' | 'end' | 'step_s' | 'times' | 'id'> = {
    namespace: second === undefined ? null : (first ?? null),
    name: second ?? id,
    latency: {
      p50_ms: latencies.map(({ p50_ms }) => p50_ms),
      p90_ms: latencies.map(({ p90_ms }) => p90_ms),
      p95_ms: latencies.map(({ p95_ms }) => p95_ms),
      p99_ms: latencies.map(({ p99_ms }) => p99_ms),
      heatmap: heatmapOf(reached.map(group => group.map(({ ms }) => ms))),
    },
    traffic: {
      requests: reached.map(group => group.length),
      rate: reached.map(group => group.length / steps.step),
    },
    errors: {
      errors: reached.map(errorsIn),
      error_rate: reached.map(rateOfErrors),
      no_response: reached.map(ofClass('no_response')),
      http_5xx: reached.map(ofClass('http_5xx')),
      grpc: reached.map(ofClass('grpc')),
      status_error: reached.map(ofClass('status_error')),
      http_4xx: reached.map(ofClass('http_4xx')),
    },
    saturation: store.hasMetrics ? saturationOf(id, steps.times) : [],
    operations: operationsOf(store.all(), id, steps),
    exemplars: reached.flatMap((group, step) => exemplarsOf(group, steps.times[step] ?? 0)),
  }
  return signals
}

/** The slowest errors first, then the slowest. */
function exemplarsOf(calls: readonly Call[], time: number): SchemaStepExemplar[] {
  const order = calls.toSorted((a, b) => Number(b.isError) - Number(a.isError) || b.ms - a.ms)
  return order.slice(0, EXEMPLARS_PER_STEP).map(({ exemplar }) => ({ time, ...exemplar }))
}

const KINDS: readonly SchemaSpanKindWord[] = [
  'unspecified',
  'internal',
  'server',
  'client',
  'producer',
  'consumer',
]
const STATUS_ERROR = 2

interface Operation {
  operation: string
  kind: SchemaSpanKindWord
  times: { ms: number; isError: boolean }[]
}

function operationsOf(traces: Iterable<SchemaTracesData>, id: string, steps: Steps): SchemaOperationItem[] {
  const found = new Map<string, Operation>()
  for (const { resourceSpans } of traces) {
    for (const { resource, scopeSpans } of resourceSpans) {
      if (idOf(resource.attributes) !== id) continue
      for (const span of scopeSpans.flatMap(scope => scope.spans)) {
        const [from, to] = [BigInt(span.startTimeUnixNano || 0), BigInt(span.endTimeUnixNano || 0)]
        if (to < steps.start || to > steps.end) continue
        const kind = KINDS[Number(span.kind ?? 0)] ?? 'unspecified'
        const operation = found.get(`${kind} ${span.name}`) ?? { operation: span.name ?? '', kind, times: [] }
        operation.times.push({ ms: Number(to - from) / 1e6, isError: span.status?.code === STATUS_ERROR })
        found.set(`${kind} ${span.name}`, operation)
      }
    }
  }
  return [...found.values()].map(operationItem).sort((a, b) => b.count - a.count)
}

function operationItem({ operation, kind, times }: Operation): SchemaOperationItem {
  const errors = times.filter(({ isError }) => isError).length
  const { p50_ms, p95_ms, p99_ms } = percentiles(times)
  const count = times.length
  return { operation, kind, count, errors, error_rate: errors / count, p50_ms, p95_ms, p99_ms, exemplars: [] }
}

function idOf(attributes: SchemaTracesData['resourceSpans'][number]['resource']['attributes']): string {
  const text = (key: string) => attributes?.find(one => one.key === key)?.value.stringValue
  const [namespace, name] = [text('k8s.namespace.name'), text('service.name') ?? 'unnamed']
  return namespace === undefined ? name : `${namespace}/${name}`
}

function sidesOf(id: string, calls: Call[], steps: Steps): Pick<SchemaCallLists, 'inbound' | 'outbound'> {
  return { inbound: peersOf(id, 'source', calls, steps), outbound: peersOf(id, 'target', calls, steps) }
}

/** Those at one end of the edges whose other end is the service. */
function peersOf(id: string, end: 'source' | 'target', calls: Call[], steps: Steps): SchemaCallItem[] {
  const other = end === 'source' ? 'target' : 'source'
  const groups = new Map<string, Call[]>()
  for (const call of calls) {
    if (call.source === null || call.source.id === call.target.id || call[other]?.id !== id) continue
    const edge = `${call.source.id}->${call.target.id}:${call.protocol}`
    groups.set(edge, [...(groups.get(edge) ?? []), call])
  }
  const peers = [...groups].flatMap(([edge, group]) => {
    const peer = group[0]?.[end] ?? null
    return peer === null ? [] : [peerOf(edge, group, peer, steps, calls)]
  })
  return peers.sort((a, b) => (b.requests ?? 0) - (a.requests ?? 0))
}

/** How a peer is, is told by all calls that reach it. */
function peerOf(
  edge: string,
  group: Call[],
  peer: Call['target'],
  steps: Steps,
  all: Call[],
): SchemaCallItem {
  const groups = byStep(group, steps)
  const reached = all.filter(({ target }) => target.id === peer.id)
  const { p50_ms, p95_ms, p99_ms } = percentiles(group)
  return {
    edge,
    peer: peer.id,
    peer_namespace: peer.namespace,
    peer_name: peer.name,
    peer_kind: peer.kind,
    peer_health: healthOf(rateOfErrors(reached) ?? 0),
    mtls: null,
    protocol: group[0]?.protocol ?? 'unknown',
    requests: group.length,
    rate: group.length / (steps.times.length * steps.step),
    errors: errorsIn(group),
    error_rate: rateOfErrors(group),
    ...{ p50_ms, p95_ms, p99_ms },
    series: {
      rate: groups.map(one => one.length / steps.step),
      error_rate: groups.map(rateOfErrors),
      p95_ms: groups.map(one => percentiles(one).p95_ms),
    },
  }
}
