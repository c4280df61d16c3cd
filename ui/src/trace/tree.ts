// The spans of a trace as a tree, laid out in the order of its rows. Every span is in it exactly once, whatever its
// parent is: a span whose parent did not come, or whose ancestors go round in a circle, is shown at the top.
//
// Several spans may have one id (Zipkin's client and server halves). Of these the CLIENT half is the parent of the
// SERVER half, and the parent of other spans is the half with their own service, else the SERVER half.

import type { Span } from './span.ts'

/** Why a span stands at the top. */
export type Top = 'root' | 'parent missing' | 'circle'

/** A row of the tree; the rows of its subtree follow it. */
export interface TreeNode {
  span: Span
  /** 0 at the top. */
  depth: number
  /** The place of the parent's row; null at the top. */
  parent: number | null
  /** Rows below it, at all depths. */
  below: number
  /** Spans with errors among them. */
  errorsBelow: number
  /** Why it stands at the top; null if it does not. */
  top: Top | null
}

export interface Tree {
  /** Parents before their children, siblings by start. */
  nodes: TreeNode[]
  /** Where each span's row is, by the span's key. */
  places: ReadonlyMap<string, number>
  /** Number of levels. */
  depth: number
}

/** Lays out spans that are in the order of their start. */
export function treeOf(spans: readonly Span[]): Tree {
  const parents = parentsOf(spans)
  const circles = cutCircles(spans, parents)
  const children = childrenOf(spans, parents)
  const nodes: TreeNode[] = []
  const topOf = (span: Span): Top | null => {
    if (parents.has(span)) return null
    if (circles.has(span)) return 'circle'
    return span.parentSpanId === null ? 'root' : 'parent missing'
  }
  for (const span of spans) {
    if (!parents.has(span)) appendSubtree(nodes, span, children, topOf)
  }
  countBelow(nodes)
  const places = new Map(nodes.map((node, place) => [node.span.key, place]))
  const depth = nodes.reduce((deepest, node) => Math.max(deepest, node.depth + 1), 0)
  return { nodes, places, depth }
}

type Parents = Map<Span, Span>

function parentsOf(spans: readonly Span[]): Parents {
  const byId = groupedById(spans)
  const parents: Parents = new Map()
  for (const span of spans) {
    const parent = parentOf(span, byId)
    if (parent !== undefined) parents.set(span, parent)
  }
  return parents
}

function groupedById(spans: readonly Span[]): Map<string, Span[]> {
  const groups = new Map<string, Span[]>()
  for (const span of spans) append(groups, span.spanId, span)
  return groups
}

function append<Key>(groups: Map<Key, Span[]>, key: Key, span: Span): void {
  const group = groups.get(key)
  if (group === undefined) groups.set(key, [span])
  else group.push(span)
}

function parentOf(span: Span, byId: ReadonlyMap<string, Span[]>): Span | undefined {
  const halves = byId.get(span.spanId) ?? []
  if (span.kind === 'server') {
    const client = halves.find(half => half.kind === 'client')
    if (client !== undefined) return client
  }
  if (span.parentSpanId === null) return undefined
  const candidates = byId.get(span.parentSpanId) ?? []
  return (
    candidates.find(candidate => candidate !== span && candidate.service === span.service) ??
    candidates.find(candidate => candidate !== span && candidate.kind === 'server') ??
    candidates.find(candidate => candidate !== span)
  )
}

/** Removes one parent out of each circle, that of its earliest span, and tells which spans lost theirs. */
function cutCircles(spans: readonly Span[], parents: Parents): Set<Span> {
  const cut = new Set<Span>()
  const reachesTop = new Set<Span>()
  for (const span of spans) {
    const path = new Set<Span>()
    let at: Span | undefined = span
    while (at !== undefined && !reachesTop.has(at) && !path.has(at)) {
      path.add(at)
      at = parents.get(at)
    }
    if (at !== undefined && path.has(at)) {
      const first = earliestOfCircle(at, parents)
      parents.delete(first)
      cut.add(first)
    }
    for (const visited of path) reachesTop.add(visited)
  }
  // A span that names itself as its parent has none to begin with.
  for (const span of spans) {
    if (!parents.has(span) && span.parentSpanId === span.spanId) cut.add(span)
  }
  return cut
}

function earliestOfCircle(member: Span, parents: Parents): Span {
  let first = member
  for (let at = parents.get(member); at !== undefined && at !== member; at = parents.get(at)) {
    if (at.start < first.start) first = at
  }
  return first
}

function childrenOf(spans: readonly Span[], parents: Parents): Map<Span, Span[]> {
  const children = new Map<Span, Span[]>()
  for (const span of spans) {
    const parent = parents.get(span)
    if (parent !== undefined) append(children, parent, span)
  }
  return children
}

/** Without recursion: a trace may be a chain as long as it has spans. */
function appendSubtree(
  nodes: TreeNode[],
  top: Span,
  children: ReadonlyMap<Span, Span[]>,
  topOf: (span: Span) => Top | null,
): void {
  const waiting: { span: Span; depth: number; parent: number | null }[] = [
    { span: top, depth: 0, parent: null },
  ]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const place = nodes.length
    nodes.push({ ...next, below: 0, errorsBelow: 0, top: topOf(next.span) })
    const below = children.get(next.span) ?? []
    for (const child of below.toReversed())
      waiting.push({ span: child, depth: next.depth + 1, parent: place })
  }
}

/** From the last row up, so that a node is complete before its parent adds it. */
function countBelow(nodes: readonly TreeNode[]): void {
  for (const node of nodes.toReversed()) {
    const parent = node.parent === null ? undefined : nodes[node.parent]
    if (parent === undefined) continue
    parent.below += 1 + node.below
    parent.errorsBelow += (node.span.status === 'error' ? 1 : 0) + node.errorsBelow
  }
}
