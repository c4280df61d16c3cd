// The service graph as the API answers it, added up from calls. Which observers saw a call is made up: spans in memory do
// not tell.

import type {
  SchemaEdgeItem,
  SchemaGraph,
  SchemaGrouping,
  SchemaHealth,
  SchemaNodeItem,
  SchemaObserverItem,
  SchemaObserverWord,
} from '../src/api/schema.d.ts'
import type { Call, Calls, Side } from './calls.ts'

export interface GraphQuestion {
  by: SchemaGrouping
  namespace: string | null
  focus: string | null
  depth: number
  /** Nanoseconds since the epoch. */
  start: bigint
  end: bigint
}

const DEGRADED = 0.01
const FAILING = 0.1

export function graphOf({ calls, unpaired }: Calls, question: GraphQuestion, rev: number): SchemaGraph {
  const { by, start, end } = question
  const seconds = Number(end - start) / 1e9
  const grouped = calls.map(call => ({
    ...call,
    source: call.source === null ? null : grouping(call.source, by),
    target: grouping(call.target, by),
  }))
  const edges = [
    ...groups(grouped.filter(isEdge), call => `${call.source?.id}->${call.target.id}:${call.protocol}`),
  ]
  const nodes = groups(grouped, ({ target }) => target.id)
  const sides = new Map(grouped.flatMap(({ source, target }) => [source, target]).flatMap(pairOf))
  const all: SchemaGraph = {
    rev: String(rev),
    start: moment(start),
    end: moment(end),
    by,
    nodes: [...sides.values()].map(side => nodeOf(side, nodes.get(side.id) ?? [], seconds)),
    edges: edges.map(([id, group]) => edgeOf(id, group, seconds)),
    entry_points: [
      ...new Set(grouped.filter(call => call.source === null).map(call => call.target.id)),
    ].sort(),
    cycles: [],
    unpaired,
  }
  const shown = narrowed(all, question)
  return { ...shown, cycles: cyclesIn(shown) }
}

const isEdge = ({ source, target }: Call) => source !== null && source.id !== target.id
const pairOf = (side: Side | null): [string, Side][] => (side === null ? [] : [[side.id, side]])
const moment = (ns: bigint) => new Date(Number(ns / 1_000_000n)).toISOString()

function grouping(side: Side, by: SchemaGrouping): Side {
  if (by === 'service' || side.namespace === null) return side
  if (by === 'workload') return { ...side, id: `${side.namespace}/${side.workload}`, name: side.workload }
  const name = by === 'cluster' ? 'mock' : side.namespace
  return { ...side, id: name, name, namespace: by === 'namespace' ? name : null, kind: 'service' }
}

function groups(calls: Call[], keyOf: (call: Call) => string): Map<string, Call[]> {
  const found = new Map<string, Call[]>()
  for (const call of calls) found.set(keyOf(call), [...(found.get(keyOf(call)) ?? []), call])
  return found
}

function signalsOf(calls: Call[], seconds: number) {
  const errors = calls.filter(({ isError }) => isError).length
  return {
    requests: calls.length,
    errors,
    rate: calls.length / seconds,
    error_rate: calls.length === 0 ? null : errors / calls.length,
    ...percentiles(calls),
  }
}

export function percentiles(calls: readonly { ms: number }[]) {
  const times = calls.map(({ ms }) => ms).sort((a, b) => a - b)
  const at = (part: number) => times[Math.min(times.length - 1, Math.floor(times.length * part))] ?? null
  return { p50_ms: at(0.5), p90_ms: at(0.9), p95_ms: at(0.95), p99_ms: at(0.99) }
}

function nodeOf({ id, name, namespace, kind }: Side, calls: Call[], seconds: number): SchemaNodeItem {
  const signals = signalsOf(calls, seconds)
  const isInferred = id.includes(':')
  const aliases = isInferred ? [] : namespace === null ? [name] : [name, `${name}.${namespace}`]
  return {
    id,
    name,
    namespace,
    kind,
    aliases,
    clusters: [],
    ...signals,
    recent_error_rate: null,
    health: healthOf(signals.error_rate ?? 0),
  }
}

/** Nobody is idle: who is here called or was called. */
export function healthOf(errorRate: number): SchemaHealth {
  return errorRate >= FAILING ? 'failing' : errorRate >= DEGRADED ? 'degraded' : 'healthy'
}

function edgeOf(id: string, calls: Call[], seconds: number): SchemaEdgeItem {
  const [first] = calls
  const signals = signalsOf(calls, seconds)
  const isMeshed = first?.target.kind === 'service' || first?.target.kind === 'gateway'
  const attempts = calls.reduce((sum, call) => sum + call.attempts, 0)
  const chosen = observer(isMeshed ? 'source_proxy' : 'source_app', calls, attempts)
  return {
    id,
    source: first?.source?.id ?? '',
    target: first?.target.id ?? '',
    protocol: first?.protocol ?? 'unknown',
    ...signals,
    attempts,
    mtls: isMeshed ? (first?.target.namespace === 'payments' ? 0.4 : 1) : null,
    observer: chosen.observer,
    evidence: chosen.evidence,
    exemplars: exemplarsOf(calls),
    observers: isMeshed ? [chosen, ...others(calls)] : [chosen],
    latency_split_ms: isMeshed ? splitOf(signals.p50_ms ?? 0) : null,
    recent_error_rate: null,
    health: healthOf(signals.error_rate ?? 0),
  }
}

function observer(name: SchemaObserverWord, calls: Call[], attempts: number | null): SchemaObserverItem {
  const { p50_ms, p95_ms, p99_ms } = percentiles(calls)
  const errors = calls.filter(({ isError }) => isError).length
  const [requests, observed] = [calls.length, calls.length]
  return { observer: name, evidence: 'span', requests, observed, attempts, errors, p50_ms, p95_ms, p99_ms }
}

/** Where calls failed, the target saw fewer of them. */
function others(calls: Call[]): SchemaObserverItem[] {
  const arrived = calls.filter(({ isError }, index) => !isError || index % 2 === 0)
  return [observer('target_proxy', arrived, null), observer('target_app', arrived, null)]
}

/** The slowest error, the slowest, and that of the lowest trace id. */
function exemplarsOf(calls: Call[]) {
  const slowest = (some: Call[]) => some.toSorted((a, b) => b.ms - a.ms)[0]
  const lowest = calls.toSorted((a, b) => (a.exemplar.trace_id < b.exemplar.trace_id ? -1 : 1))[0]
  const found = [slowest(calls.filter(({ isError }) => isError)), slowest(calls), lowest]
  return [...new Set(found.flatMap(call => (call === undefined ? [] : [call.exemplar])))]
}

function splitOf(ms: number) {
  return {
    source_app: ms * 0.06,
    source_proxy: ms * 0.05,
    network: ms * 0.12,
    target_proxy: ms * 0.04,
    target_app: ms * 0.73,
  }
}

/** What is in a namespace or calls it or is called by it; what is near a node. */
function narrowed(graph: SchemaGraph, { namespace, focus, depth }: GraphQuestion): SchemaGraph {
  const inside = new Set(graph.nodes.filter(node => node.namespace === namespace).map(({ id }) => id))
  const named =
    namespace === null
      ? graph
      : within(graph, ({ source, target }) => inside.has(source) || inside.has(target), inside)
  if (focus === null) return named
  let near = new Set([focus])
  for (let step = 0; step < depth; step += 1) {
    const touched = named.edges.filter(({ source, target }) => near.has(source) || near.has(target))
    near = new Set([...near, ...touched.flatMap(({ source, target }) => [source, target])])
  }
  return within(named, ({ source, target }) => near.has(source) && near.has(target), near)
}

function within(
  graph: SchemaGraph,
  keeps: (edge: SchemaEdgeItem) => boolean,
  ids: ReadonlySet<string>,
): SchemaGraph {
  const edges = graph.edges.filter(keeps)
  const ends = new Set(edges.flatMap(({ source, target }) => [source, target]))
  return { ...graph, edges, nodes: graph.nodes.filter(({ id }) => ids.has(id) || ends.has(id)) }
}

function cyclesIn({ nodes, edges }: SchemaGraph): string[][] {
  const reached = (from: string) => {
    const seen = new Set<string>()
    const waiting = [from]
    for (const at of waiting) {
      for (const { source, target } of edges) {
        if (source !== at || seen.has(target)) continue
        seen.add(target)
        waiting.push(target)
      }
    }
    return seen
  }
  const reach = new Map(nodes.map(({ id }) => [id, reached(id)]))
  const cycles = nodes
    .filter(({ id }) => reach.get(id)?.has(id))
    .map(({ id }) => [...(reach.get(id) ?? [])].filter(other => reach.get(other)?.has(id)).sort())
  return [...new Map(cycles.map(cycle => [cycle.join(), cycle])).values()]
}
