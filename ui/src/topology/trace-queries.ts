// TraceQL that finds the spans behind a node or an edge.

import type { SchemaEdgeItem, SchemaGraph, SchemaNodeItem } from '../api/schema.d.ts'

const ERRORS = 'status = error'

export interface TraceQueries {
  all: string
  errors: string
  /** Longer than nineteen of twenty; null if that is not known. */
  slow: string | null
}

export function queriesOfNode(node: SchemaNodeItem): TraceQueries {
  return queriesOf([], clauseOf(node), node.p95_ms)
}

/**
 * Between two that send spans there may be those of proxies: what the target did anywhere below the source. Else the call is
 * a span of the only side that sends some.
 */
export function queriesOfEdge(
  { source, target, p95_ms }: SchemaEdgeItem,
  { nodes }: SchemaGraph,
): TraceQueries {
  const [from, to] = [source, target].map(id => nodes.find(node => node.id === id))
  const above = from === undefined ? [] : clauseOf(from)
  const below = to === undefined ? [] : clauseOf(to)
  return from?.aliases.length && to?.aliases.length
    ? queriesOf(above, below, p95_ms)
    : queriesOf([], [...above, ...below], p95_ms)
}

function queriesOf(above: string[], clauses: string[], p95Ms: number | null): TraceQueries {
  const filter = (all: string[]) => `{ ${all.join(' && ')} }`
  const query = (more: string[]) =>
    [...above.map(clause => filter([clause])), filter([...clauses, ...more])].join(' >> ')
  return {
    all: query([]),
    errors: query([ERRORS]),
    slow: p95Ms === null ? null : query([`duration > ${Number(p95Ms.toPrecision(3))}ms`]),
  }
}

/** Spans of a node, by the names that it has in them; of one that sends none, spans of calls to it. */
function clauseOf({ aliases, kind, name }: SchemaNodeItem): string[] {
  const names = aliases.map(alias => `resource.service.name = ${JSON.stringify(alias)}`)
  if (names.length > 0) return names.length === 1 ? names : [`(${names.join(' || ')})`]
  if (name === null) return []
  const field = kind === 'queue' ? 'span.messaging.destination.name' : 'span.server.address'
  // Its system stands before it: `kafka/orders`.
  return [`${field} = ${JSON.stringify(name.slice(name.indexOf('/') + 1))}`]
}
