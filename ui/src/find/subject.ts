// What a node or an edge has under each field.

import type { SchemaEdgeItem, SchemaGraph, SchemaNodeItem } from '../api/schema.d.ts'
import { nodeName } from '../graph/signal-text.ts'
import type { OwnField, Side } from './fields.ts'

/** Texts, of which any may fit; a number; null is what nobody knows. */
export type Held = readonly string[] | number | null

export interface Subject {
  id: string
  /** Without a side: of itself. Undefined where that cannot be asked of it: then not even "unknown" is true. */
  get: (own: OwnField, side: Side | null) => Held | undefined
}

/** Nodes and edges with their surroundings, made once per graph. */
export interface Subjects {
  nodes: readonly Subject[]
  edges: readonly Subject[]
}

const made = new WeakMap<SchemaGraph, Subjects>()

export function subjectsOf(graph: SchemaGraph): Subjects {
  const subjects = made.get(graph) ?? newSubjects(graph)
  made.set(graph, subjects)
  return subjects
}

function newSubjects({ nodes, edges }: SchemaGraph): Subjects {
  const nodeById = new Map(nodes.map(node => [node.id, node]))
  const incoming = grouped(edges, ({ target }) => target)
  const outgoing = grouped(edges, ({ source }) => source)
  const nodesAt = (ids: readonly string[]) => ids.flatMap(id => nodeById.get(id) ?? [])
  return {
    nodes: nodes.map(node => {
      const into = incoming.get(node.id) ?? []
      const from = outgoing.get(node.id) ?? []
      const callers = nodesAt(into.map(({ source }) => source))
      const called = nodesAt(from.map(({ target }) => target))
      return { id: node.id, get: (own, side) => heldByNode(own, side, node, { into, from, callers, called }) }
    }),
    edges: edges.map(edge => {
      const ends = nodesAt([edge.source, edge.target])
      return { id: edge.id, get: (own, side) => heldByEdge(own, side, edge, ends) }
    }),
  }
}

interface Around {
  into: readonly SchemaEdgeItem[]
  from: readonly SchemaEdgeItem[]
  callers: readonly SchemaNodeItem[]
  called: readonly SchemaNodeItem[]
}

function grouped(edges: readonly SchemaEdgeItem[], keyOf: (edge: SchemaEdgeItem) => string) {
  const groups = new Map<string, SchemaEdgeItem[]>()
  for (const edge of edges) {
    const group = groups.get(keyOf(edge))
    if (group === undefined) groups.set(keyOf(edge), [edge])
    else group.push(edge)
  }
  return groups
}

function heldByNode(own: OwnField, side: Side | null, node: SchemaNodeItem, around: Around): Held {
  if (side === 'in') return heldByCalls(own, around.into, around.callers)
  if (side === 'out') return heldByCalls(own, around.from, around.called)
  // A call of its own is one edge, not two.
  const touching = [...new Set([...around.into, ...around.from])]
  switch (own) {
    case 'protocol':
    case 'mtls':
    case 'degree':
      return heldByCalls(own, touching, [])
    case 'rps':
      return node.rate
    case 'err':
      return node.error_rate
    case 'p50':
      return node.p50_ms
    case 'p95':
      return node.p95_ms
    case 'p99':
      return node.p99_ms
    default:
      return textsOf(own, [node])
  }
}

/** An edge is no end of calls itself: it has no `in`, no `out` and no degree. */
function heldByEdge(
  own: OwnField,
  side: Side | null,
  edge: SchemaEdgeItem,
  ends: readonly SchemaNodeItem[],
): Held | undefined {
  if (side !== null || own === 'degree') return undefined
  return own === 'name'
    ? [edge.source, edge.target, ...textsOf('name', ends)]
    : heldByCalls(own, [edge], ends)
}

/** Of calls together: rates are added up, of latencies the worst counts. */
function heldByCalls(own: OwnField, edges: readonly SchemaEdgeItem[], ends: readonly SchemaNodeItem[]): Held {
  switch (own) {
    case 'protocol':
      return [...new Set(edges.map(({ protocol }) => protocol))]
    case 'mtls':
      return weighted(edges, ({ mtls }) => mtls)
    case 'degree':
      return edges.length
    case 'rps':
      return sumOf(edges.map(({ rate }) => rate))
    case 'err':
      return weighted(edges, ({ error_rate }) => error_rate)
    case 'p50':
      return worstOf(edges.map(({ p50_ms }) => p50_ms))
    case 'p95':
      return worstOf(edges.map(({ p95_ms }) => p95_ms))
    case 'p99':
      return worstOf(edges.map(({ p99_ms }) => p99_ms))
    default:
      return textsOf(own, ends)
  }
}

function textsOf(own: OwnField, nodes: readonly SchemaNodeItem[]): readonly string[] {
  switch (own) {
    case 'name':
      return nodes.flatMap(node => [nodeName(node), node.id, ...node.aliases])
    case 'ns':
      return nodes.map(({ namespace }) => namespace ?? '')
    case 'cluster':
      return nodes.flatMap(({ clusters }) => (clusters.length === 0 ? [''] : clusters))
    case 'kind':
      return nodes.map(({ kind }) => kind)
    case 'health':
      return nodes.map(({ health }) => health)
    default:
      return []
  }
}

const isKnown = (value: number | null): value is number => value !== null

function sumOf(values: readonly (number | null)[]): number | null {
  const known = values.filter(isKnown)
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0)
}

function worstOf(values: readonly (number | null)[]): number | null {
  const known = values.filter(isKnown)
  return known.length === 0 ? null : Math.max(...known)
}

/** Of the edges that tell, by their requests. */
function weighted(
  edges: readonly SchemaEdgeItem[],
  shareOf: (edge: SchemaEdgeItem) => number | null,
): number | null {
  let [requests, part] = [0, 0]
  const known = edges.filter(edge => shareOf(edge) !== null)
  for (const edge of known) {
    requests += edge.requests ?? 0
    part += (edge.requests ?? 0) * (shareOf(edge) ?? 0)
  }
  if (known.length === 0) return null
  // Without requests every edge counts the same.
  return requests > 0 ? part / requests : (sumOf(known.map(shareOf)) ?? 0) / known.length
}
