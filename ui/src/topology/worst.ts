// Which node needs attention first.

import type { SchemaHealth, SchemaNodeItem } from '../api/schema.d.ts'
import { byCodeUnits } from '../graph/layout/mesh.ts'
import { HEALTHS } from './words.ts'

const isTrouble = ({ health }: SchemaNodeItem) => health === 'failing' || health === 'degraded'

/** From the worst down: by health, then by errors, then by traffic. */
export function worstFirst(nodes: readonly SchemaNodeItem[]): SchemaNodeItem[] {
  return nodes.toSorted(byWorst)
}

/** Of many, without putting all of them in order. */
export function worstOf(nodes: readonly SchemaNodeItem[]): SchemaNodeItem | undefined {
  return nodes.reduce<SchemaNodeItem | undefined>(
    (worst, node) => (worst === undefined || byWorst(node, worst) < 0 ? node : worst),
    undefined,
  )
}

function byWorst(a: SchemaNodeItem, b: SchemaNodeItem): number {
  return (
    HEALTHS.indexOf(a.health) - HEALTHS.indexOf(b.health) ||
    (b.errors ?? 0) - (a.errors ?? 0) ||
    (b.requests ?? 0) - (a.requests ?? 0) ||
    byCodeUnits(a.id, b.id)
  )
}

/** The next one in trouble after a node, round and round; undefined if there is none. */
export function nextTrouble(nodes: readonly SchemaNodeItem[], after: string | undefined): string | undefined {
  const troubled = worstFirst(nodes).filter(isTrouble)
  const at = troubled.findIndex(({ id }) => id === after)
  return troubled[(at + 1) % Math.max(1, troubled.length)]?.id
}

/** How many nodes have each health. */
export function healthCounts(nodes: readonly SchemaNodeItem[]): Map<SchemaHealth, number> {
  const counts = new Map<SchemaHealth, number>()
  for (const { health } of nodes) counts.set(health, (counts.get(health) ?? 0) + 1)
  return counts
}
