// What stands in the layers: nodes, and bends of long calls. A call that passes a layer keeps a place in it free, so that
// it runs between cards and not behind them.

import type { Digraph } from './mesh.ts'

/**
 * Of a mesh that needs more bends only the shorter calls have some: in its picture single calls cannot be followed anyway,
 * and bends would take more room than nodes.
 */
export const BENDS_MAX = 400
/** The middle of a long call is to be straight; that costs nobody anything but room. */
const STRAIGHT = 4

export interface Items {
  /** The layer of each item: first of the nodes, each at its own place, then of the bends. */
  layers: readonly number[]
  /** How many of them are nodes. */
  nodes: number
  /** Calls, or parts of bent ones. */
  lines: readonly Line[]
  /** Bends of a call, in the order of its direction, by `from` and `to`. */
  bends: Map<number, Map<number, number[]>>
}

/** From an item to one in a later layer. */
interface Line {
  from: number
  to: number
  /** Near neighbours count more. */
  weight: number
}

export function itemsOf({ ids, calls }: Digraph, layersOfNodes: readonly number[]): Items {
  const nodes = ids.length
  const layers = layersOfNodes.slice()
  const lines: Line[] = []
  const bends: Items['bends'] = new Map()
  const join = (from: number, to: number) => {
    const isStraight = from >= nodes && to >= nodes
    const weight = (isStraight ? STRAIGHT : 1) / Math.max(1, (layers[to] ?? 0) - (layers[from] ?? 0))
    lines.push({ from, to, weight })
  }
  let left = BENDS_MAX
  for (const { from, to, length } of byLength(calls, layersOfNodes)) {
    const needed = length - 1
    let last = from
    if (needed > 0 && needed <= left) {
      left -= needed
      const way: number[] = []
      for (let step = 1; step <= needed; step += 1) {
        const bend = layers.push((layers[from] ?? 0) + step) - 1
        join(last, bend)
        way.push(bend)
        last = bend
      }
      bendsFrom(bends, from).set(to, way)
    }
    join(last, to)
  }
  return { layers, nodes, lines, bends }
}

function bendsFrom(bends: Items['bends'], from: number): Map<number, number[]> {
  const found = bends.get(from) ?? new Map<number, number[]>()
  bends.set(from, found)
  return found
}

function byLength(calls: Digraph['calls'], layers: readonly number[]) {
  const all = calls.flatMap((targets, from) =>
    targets.map(to => ({ from, to, length: (layers[to] ?? 0) - (layers[from] ?? 0) })),
  )
  // Sorting is stable: those of a length stay in the order of their ends.
  return all.sort((a, b) => a.length - b.length)
}
