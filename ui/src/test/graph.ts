// Graphs for tests, a line per node and edge.

import type {
  SchemaGraph,
  SchemaGraphEdge,
  SchemaGraphNode,
  SchemaGraphObserver,
  SchemaGraphPatch,
} from '../api/graph-schema.ts'

const RANGE = { start: '2026-11-24T10:00:00Z', end: '2026-11-24T10:05:00Z' }
const LATENCY = { p50_ms: 10, p90_ms: 40, p95_ms: 50, p99_ms: 90 }

/** `shop/web` is in a namespace, `web` in none. */
export function node(id: string, fields: Partial<SchemaGraphNode> = {}): SchemaGraphNode {
  const [first = id, second] = id.split('/')
  return {
    id,
    name: second ?? first,
    namespace: second === undefined ? null : first,
    kind: 'service',
    aliases: [second ?? first],
    requests: 100,
    errors: 0,
    rate: 1 / 3,
    error_rate: 0,
    ...LATENCY,
    health: 'healthy',
    ...fields,
  }
}

export function edge(source: string, target: string, fields: Partial<SchemaGraphEdge> = {}): SchemaGraphEdge {
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
    ...LATENCY,
    mtls: null,
    observer: 'source_proxy',
    evidence: 'span',
    exemplars: [],
    observers: [observer('source_proxy')],
    latency_split_ms: null,
    ...fields,
  }
}

export function observer(name: string, fields: Partial<SchemaGraphObserver> = {}): SchemaGraphObserver {
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
  nodes: SchemaGraphNode[],
  edges: SchemaGraphEdge[] = [],
  fields: Partial<SchemaGraph> = {},
): SchemaGraph {
  return {
    rev: 1,
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
export function patch(rev: number): SchemaGraphPatch {
  const none = { upsert: [], remove: [] }
  return { rev, ...RANGE, nodes: none, edges: none, entry_points: [], cycles: [], unpaired: {} }
}
