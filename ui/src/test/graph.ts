// Graphs for tests, a line per node and edge.

import type {
  SchemaEdgeItem,
  SchemaGraph,
  SchemaGraphPatch,
  SchemaNodeItem,
  SchemaObserverItem,
  SchemaObserverWord,
} from '../api/schema.d.ts'

const RANGE = { start: '2026-11-24T10:00:00Z', end: '2026-11-24T10:05:00Z' }
const LATENCY = { p50_ms: 10, p90_ms: 40, p95_ms: 50, p99_ms: 90 }

/** `shop/web` is in a namespace, `web` and `database:redis/sessions` are in none. */
export function node(id: string, fields: Partial<SchemaNodeItem> = {}): SchemaNodeItem {
  const [first = id, second] = id.includes(':') ? [id] : id.split('/')
  return {
    id,
    name: second ?? first,
    namespace: second === undefined ? null : first,
    kind: 'service',
    clusters: [],
    aliases: [second ?? first],
    requests: 100,
    errors: 0,
    rate: 1 / 3,
    error_rate: 0,
    recent_error_rate: null,
    ...LATENCY,
    health: 'healthy',
    ...fields,
  }
}

export function edge(source: string, target: string, fields: Partial<SchemaEdgeItem> = {}): SchemaEdgeItem {
  return {
    id: `${source}>${target}`,
    source,
    target,
    protocol: 'http',
    requests: 100,
    attempts: 100,
    errors: 0,
    rate: 1 / 3,
    error_rate: 0,
    recent_error_rate: null,
    ...LATENCY,
    mtls: null,
    observer: 'source_proxy',
    evidence: 'span',
    exemplars: [],
    observers: [observer('source_proxy')],
    latency_split_ms: null,
    health: healthOf(fields),
    ...fields,
  }
}

/** As the server says it by default. */
function healthOf({ requests, error_rate }: Partial<SchemaEdgeItem>): SchemaEdgeItem['health'] {
  const share = error_rate ?? 0
  return requests === 0 ? 'idle' : share >= 0.1 ? 'failing' : share >= 0.01 ? 'degraded' : 'healthy'
}

export function observer(
  name: SchemaObserverWord,
  fields: Partial<SchemaObserverItem> = {},
): SchemaObserverItem {
  const { p50_ms, p95_ms, p99_ms } = LATENCY
  return {
    observer: name,
    evidence: 'span',
    requests: 100,
    observed: 100,
    attempts: 100,
    errors: 0,
    p50_ms,
    p95_ms,
    p99_ms,
    ...fields,
  }
}

export function graph(
  nodes: SchemaNodeItem[],
  edges: SchemaEdgeItem[] = [],
  fields: Partial<SchemaGraph> = {},
): SchemaGraph {
  return {
    rev: '1',
    ...RANGE,
    by: 'service',
    nodes,
    edges,
    entry_points: [],
    cycles: [],
    unpaired: {},
    ...fields,
  }
}

/** A patch that changes nothing. */
export function patch(rev: string): SchemaGraphPatch {
  const none = { upsert: [], remove: [] }
  return { rev, ...RANGE, nodes: none, edges: none, entry_points: [], cycles: [], unpaired: {} }
}
