// The spans of a trace as a tree, laid out in the order of its rows. Every span is in it exactly once, whatever its
// parent is: a span whose parent did not come, or whose ancestors go round in a circle, is shown at the top.
//
// Several spans may have one id (Zipkin's client and server halves). Of these the CLIENT half is the parent of the
// SERVER half, and the parent of other spans is the half with their own service, else the SERVER half.
//
// The server has the same rules. Spans are numbered by their place in the list, and parents are arrays of such numbers: with maps from object to object
// a trace of a hundred thousand spans took eight times as long.

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

/** In an array of numbers of spans: there is none. */
const NONE = -1

/** Lays out spans that are in the order of their start. */
export function treeOf(spans: readonly Span[]): Tree {
  const parents = parentsOf(spans)
  const circles = cutCircles(spans, parents)
  const nodes = layOut(spans, parents, circles)
  countBelow(nodes)
  const places = new Map<string, number>()
  let depth = 0
  nodes.forEach((node, place) => {
    places.set(node.span.key, place)
    depth = Math.max(depth, node.depth + 1)
  })
  return { nodes, places, depth }
}

/** The spans by their ids: nearly always one for each. */
interface ById {
  first: ReadonlyMap<string, number>
  /** All of those ids that several spans have. */
  halves: ReadonlyMap<string, readonly number[]>
}

function byIdOf(spans: readonly Span[]): ById {
  const first = new Map<string, number>()
  const halves = new Map<string, number[]>()
  spans.forEach(({ spanId }, number) => {
    const other = first.get(spanId)
    if (other === undefined) {
      first.set(spanId, number)
      return
    }
    const known = halves.get(spanId)
    if (known === undefined) halves.set(spanId, [other, number])
    else known.push(number)
  })
  return { first, halves }
}

/** The parent of each span. */
function parentsOf(spans: readonly Span[]): Int32Array {
  const byId = byIdOf(spans)
  return Int32Array.from(spans, (span, number) => parentOf(span, number, spans, byId))
}

function parentOf(span: Span, number: number, spans: readonly Span[], { first, halves }: ById): number {
  const twins = halves.size === 0 || span.kind !== 'server' ? undefined : halves.get(span.spanId)
  if (twins !== undefined) {
    const client = among(twins, number, other => spans[other]?.kind === 'client')
    if (client !== undefined) return client
  }
  if (span.parentSpanId === null) return NONE
  const parents = halves.size === 0 ? undefined : halves.get(span.parentSpanId)
  if (parents === undefined) {
    const parent = first.get(span.parentSpanId) ?? NONE
    return parent === number ? NONE : parent
  }
  return (
    among(parents, number, other => spans[other]?.service === span.service) ??
    among(parents, number, other => spans[other]?.kind === 'server') ??
    among(parents, number, () => true) ??
    NONE
  )
}

/** The first of some that fits; never the span itself. */
function among(numbers: readonly number[], itself: number, fits: (number: number) => boolean) {
  return numbers.find(other => other !== itself && fits(other))
}

/** Takes one parent out of each circle, that of its earliest span; returns the spans that lost theirs. */
function cutCircles(spans: readonly Span[], parents: Int32Array): Set<number> {
  const cut = new Set<number>()
  /** By which walk a span was come by; a span that a walk meets for the second time is in a circle. */
  const walks = new Int32Array(spans.length).fill(NONE)
  for (let walk = 0; walk < spans.length; walk++) {
    let at = walk
    while (at !== NONE && walks[at] === NONE) {
      walks[at] = walk
      at = parents[at] ?? NONE
    }
    if (at === NONE || walks[at] !== walk) continue
    const first = earliestOfCircle(at, parents)
    parents[first] = NONE
    cut.add(first)
  }
  // A span that names itself as its parent was given none to begin with.
  spans.forEach((span, number) => {
    if (parents[number] === NONE && span.parentSpanId === span.spanId) cut.add(number)
  })
  return cut
}

/** Spans are in the order of their start: the earliest has the least number. */
function earliestOfCircle(member: number, parents: Int32Array): number {
  let first = member
  for (let at = parents[member] ?? NONE; at !== NONE && at !== member; at = parents[at] ?? NONE) {
    first = Math.min(first, at)
  }
  return first
}

/** The spans in the order of their rows. Without recursion: a trace may be a chain as long as it has spans. */
function layOut(spans: readonly Span[], parents: Int32Array, circles: ReadonlySet<number>): TreeNode[] {
  const { first, next } = childrenOf(parents)
  const places = new Int32Array(spans.length)
  const nodes: TreeNode[] = []
  const append = (number: number, span: Span) => {
    const parent = parents[number] ?? NONE
    const place = parent === NONE ? null : (places[parent] ?? null)
    const depth = place === null ? 0 : (nodes[place]?.depth ?? 0) + 1
    const top = parent === NONE ? topOf(span, circles.has(number)) : null
    places[number] = nodes.length
    nodes.push({ span, depth, parent: place, below: 0, errorsBelow: 0, top })
  }
  spans.forEach((_, root) => {
    if (parents[root] !== NONE) return
    const waiting = [root]
    for (let number = waiting.pop(); number !== undefined; number = waiting.pop()) {
      const span = spans[number]
      if (span !== undefined) append(number, span)
      // The last one in is the first one out: a span's children come before its next sibling.
      const sibling = next[number] ?? NONE
      const child = first[number] ?? NONE
      if (sibling !== NONE && number !== root) waiting.push(sibling)
      if (child !== NONE) waiting.push(child)
    }
  })
  return nodes
}

/** The first child of each span and its next sibling, by start. */
function childrenOf(parents: Int32Array): { first: Int32Array; next: Int32Array } {
  const first = new Int32Array(parents.length).fill(NONE)
  const next = new Int32Array(parents.length).fill(NONE)
  for (let number = parents.length - 1; number >= 0; number--) {
    const parent = parents[number] ?? NONE
    if (parent === NONE) continue
    next[number] = first[parent] ?? NONE
    first[parent] = number
  }
  return { first, next }
}

function topOf(span: Span, isCircle: boolean): Top {
  if (isCircle) return 'circle'
  return span.parentSpanId === null ? 'root' : 'parent missing'
}

/** From the last row up, so that a node is complete before its parent adds it. */
function countBelow(nodes: readonly TreeNode[]): void {
  for (let place = nodes.length - 1; place >= 0; place--) {
    const node = nodes[place]
    const parent = node?.parent == null ? undefined : nodes[node.parent]
    if (node === undefined || parent === undefined) continue
    parent.below += 1 + node.below
    parent.errorsBelow += (node.span.status === 'error' ? 1 : 0) + node.errorsBelow
  }
}

/** What times are worked out from, by place. */
export function columnsIn({ nodes }: Tree) {
  return {
    parent: Int32Array.from(nodes, ({ parent }) => parent ?? NONE),
    start: Float64Array.from(nodes, ({ span }) => span.start),
    duration: Float64Array.from(nodes, ({ span }) => span.duration),
  }
}
