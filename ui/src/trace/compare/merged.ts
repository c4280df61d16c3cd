// Both traces as one tree: which of its rows are seen, and how the sides differ.

import type { SchemaComparedNode, SchemaWork } from '../../api/schema.d.ts'

export const MEASURES = {
  critical_ns: 'Critical path',
  self_ns: 'Self time',
  total_ns: 'Total time',
} as const
export type Measure = keyof typeof MEASURES

/** Larger trees begin open to this level only. */
const OPEN_DEPTH = 3
const OPEN_ROWS_MAX = 60

const timeIn = (work: SchemaWork | null, measure: Measure) => work?.[measure] ?? 0

export interface Sides {
  left: number
  right: number
  /** Left less right. */
  difference: number
}

export function sidesOf({ left, right }: SchemaComparedNode, measure: Measure): Sides {
  const [before, after] = [timeIn(left, measure), timeIn(right, measure)]
  return { left: before, right: after, difference: before - after }
}

/** The largest difference of a row, at least 1: what bars are drawn against. */
export function largestDifference(nodes: readonly SchemaComparedNode[], measure: Measure): number {
  return nodes.reduce((most, node) => Math.max(most, Math.abs(sidesOf(node, measure).difference)), 1)
}

/** Places of the nodes that others stand below. */
export function parentsIn(nodes: readonly SchemaComparedNode[]): ReadonlySet<number> {
  return new Set(nodes.map(({ parent }) => parent).filter(parent => parent !== null))
}

/** Those that are closed at first. */
export function closedAtFirst(nodes: readonly SchemaComparedNode[]): ReadonlySet<number> {
  if (nodes.length <= OPEN_ROWS_MAX) return new Set()
  return new Set([...parentsIn(nodes)].filter(place => (nodes[place]?.depth ?? 0) >= OPEN_DEPTH - 1))
}

/** Places of the rows that are seen: nothing below one that is closed. Parents stand before their children. */
export function visibleRows(nodes: readonly SchemaComparedNode[], closed: ReadonlySet<number>): number[] {
  const rows: number[] = []
  let hiddenBelow = Number.POSITIVE_INFINITY
  nodes.forEach(({ depth }, place) => {
    if (depth > hiddenBelow) return
    rows.push(place)
    hiddenBelow = closed.has(place) ? depth : Number.POSITIVE_INFINITY
  })
  return rows
}
