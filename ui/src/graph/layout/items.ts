// What stands in the layers: nodes, and bends of long calls. A call that passes a layer keeps a place in it free, so that
// it runs between cards and not behind them.

import type { Digraph } from './mesh.ts'

/**
 * Of a mesh that needs more bends only the shorter calls have some: in its picture single calls cannot be followed anyway,
 * and bends would take more room than nodes.
 */
export const BENDS_MAX = 400

export interface Item {
  layer: number
  /** Place of the node; null for a bend. */
  node: number | null
  /** Neighbours in earlier and in later layers. */
  before: Neighbour[]
  after: Neighbour[]
}

export interface Neighbour {
  item: number
  /** Near neighbours count more. */
  weight: number
}

export interface Items {
  /** First the nodes, each at its own place; then the bends. */
  items: Item[]
  /** Bends of a call, in the order of its direction, by `from` and `to`. */
  bends: Map<number, Map<number, number[]>>
}

export function itemsOf({ ids, calls }: Digraph, layers: readonly number[]): Items {
  const items: Item[] = ids.map((_, node) => ({ layer: layers[node] ?? 0, node, before: [], after: [] }))
  const bends: Items['bends'] = new Map()
  const joinItems = (from: number, to: number) => {
    const [a, b] = [items[from], items[to]]
    if (a === undefined || b === undefined) return
    const weight = weightOf(a, b)
    a.after.push({ item: to, weight })
    b.before.push({ item: from, weight })
  }
  let left = BENDS_MAX
  for (const { from, to, length } of byLength(calls, layers)) {
    const needed = length - 1
    let last = from
    if (needed <= left) {
      left -= needed
      const way: number[] = []
      for (let step = 1; step <= needed; step += 1) {
        const bend = items.push({ layer: (layers[from] ?? 0) + step, node: null, before: [], after: [] }) - 1
        joinItems(last, bend)
        way.push(bend)
        last = bend
      }
      if (needed > 0) bendsFrom(bends, from).set(to, way)
    }
    joinItems(last, to)
  }
  return { items, bends }
}

function bendsFrom(bends: Items['bends'], from: number): Map<number, number[]> {
  const found = bends.get(from) ?? new Map<number, number[]>()
  bends.set(from, found)
  return found
}

/** The middle of a long call is to be straight; that costs nobody anything but room. */
const STRAIGHT = 4

function weightOf(a: Item, b: Item): number {
  const bends = Number(a.node === null) + Number(b.node === null)
  return (bends === 2 ? STRAIGHT : 1) / Math.max(1, b.layer - a.layer)
}

function byLength(calls: Digraph['calls'], layers: readonly number[]) {
  const all = calls.flatMap((targets, from) =>
    targets.map(to => ({ from, to, length: (layers[to] ?? 0) - (layers[from] ?? 0) })),
  )
  // Sorting is stable: those of a length stay in the order of their ends.
  return all.sort((a, b) => a.length - b.length)
}
