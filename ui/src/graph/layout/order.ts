// The order within each layer, so that few calls cross: each item goes to the mean place of its neighbours, back and forth
// over the layers, and the best of all these orders is kept.

import type { Items } from './items.ts'
import type { Neighbours } from './neighbours.ts'

const SWEEPS = 12
/** Layers of so many items are sorted by moving each where it belongs. */
const SHORT = 64

/** The items of each layer from top to bottom. */
export function ordered(items: Items, neighbours: Neighbours): Int32Array[] {
  const { all, layers } = atFirst(items, neighbours)
  const sweeper = new Sweeper(layers, neighbours, all.length)
  const crossings = new Crossings(items, neighbours)
  const best = all.slice()
  let least = crossings.count(layers, Number.POSITIVE_INFINITY)
  // After a sweep forwards and after one backwards.
  const before = [new Int32Array(all.length), all.slice()] as const
  for (let sweep = 0; sweep < SWEEPS && least > 0; sweep += 1) {
    const isForwards = sweep % 2 === 0
    sweeper.sweep(isForwards)
    const last = before[isForwards ? 0 : 1]
    // From here on the last two sweeps would be repeated.
    if (isSame(all, last)) break
    last.set(all)
    const count = crossings.count(layers, least)
    if (count < least) {
      best.set(all)
      least = count
    }
  }
  all.set(best)
  return layers
}

function isSame(order: Int32Array, other: Int32Array): boolean {
  for (let at = 0; at < order.length; at += 1) if (order[at] !== other[at]) return false
  return true
}

/** As a walk in depth meets them: what belongs together begins together. All layers are parts of one row. */
function atFirst({ layers }: Items, { middles, ends, items }: Neighbours) {
  const lists: number[][] = []
  for (const layer of layers) while (lists.length <= layer) lists.push([])
  const isMet = new Uint8Array(layers.length)
  const starts = [...layers.keys()].sort((a, b) => (layers[a] ?? 0) - (layers[b] ?? 0) || a - b)
  for (const start of starts) {
    const waiting = [start]
    for (let item = waiting.pop(); item !== undefined; item = waiting.pop()) {
      if (isMet[item] === 1) continue
      isMet[item] = 1
      lists[layers[item] ?? 0]?.push(item)
      for (let at = (ends[item] ?? 0) - 1; at >= (middles[item] ?? 0); at -= 1) waiting.push(items[at] ?? 0)
    }
  }
  const all = Int32Array.from(lists.flat())
  let end = 0
  const parts = lists.map(({ length }) => {
    end += length
    return all.subarray(end - length, end)
  })
  return { all, layers: parts }
}

class Sweeper {
  private readonly layers: readonly Int32Array[]
  private readonly neighbours: Neighbours
  /** Of each item. */
  private readonly place: Float64Array
  /** Of those of one layer, in their order. */
  private readonly wish: Float64Array

  constructor(layers: readonly Int32Array[], neighbours: Neighbours, count: number) {
    this.layers = layers
    this.neighbours = neighbours
    this.place = new Float64Array(count)
    this.wish = new Float64Array(count)
    for (const layer of layers) takePlaces(layer, this.place)
  }

  /** Orders all layers, each by the one that was ordered before it. */
  sweep(isForwards: boolean): void {
    const { layers, neighbours, place, wish } = this
    const side = isForwards ? 'before' : 'after'
    for (let step = 0; step < layers.length; step += 1) {
      const layer = layers[isForwards ? step : layers.length - 1 - step]
      if (layer === undefined) continue
      neighbours.means(layer, side, place, wish)
      sortByWish(layer, wish)
      takePlaces(layer, place)
    }
  }
}

/** Stable: of equal wishes the order stays. Most layers are short and nearly in order. */
function sortByWish(layer: Int32Array, wish: Float64Array): void {
  if (layer.length > SHORT) {
    const order = [...layer.keys()].sort((a, b) => (wish[a] ?? 0) - (wish[b] ?? 0))
    layer.set(order.map(at => layer[at] ?? 0))
    return
  }
  for (let index = 1; index < layer.length; index += 1) {
    const own = wish[index] ?? 0
    if ((wish[index - 1] ?? 0) <= own) continue
    const item = layer[index] ?? 0
    let at = index
    for (; at > 0 && (wish[at - 1] ?? 0) > own; at -= 1) {
      layer[at] = layer[at - 1] ?? 0
      wish[at] = wish[at - 1] ?? 0
    }
    layer[at] = item
    wish[at] = own
  }
}

/** Places from 0 to 1, so that layers of different sizes compare. */
function takePlaces(layer: Int32Array, place: Float64Array): void {
  for (let index = 0; index < layer.length; index += 1)
    place[layer[index] ?? 0] = (index + 0.5) / layer.length
}

/** Counts how many lines between neighbouring layers cross. */
class Crossings {
  /** To whom in the next layer each item has lines; calls that pass a layer without a bend cross what they like. */
  private readonly starts: Int32Array
  private readonly lines: Int32Array
  /** Where in its layer each item is. */
  private readonly index: Int32Array
  /** A Fenwick tree over the places of a layer. */
  private readonly tree: Int32Array

  constructor({ layers }: Items, { middles, ends, items }: Neighbours) {
    this.starts = new Int32Array(layers.length + 1)
    this.lines = new Int32Array(items.length)
    this.index = new Int32Array(layers.length)
    this.tree = new Int32Array(layers.length + 1)
    let count = 0
    for (let item = 0; item < layers.length; item += 1) {
      const next = (layers[item] ?? 0) + 1
      for (let at = middles[item] ?? 0; at < (ends[item] ?? 0); at += 1) {
        const neighbour = items[at] ?? 0
        if (layers[neighbour] !== next) continue
        this.lines[count] = neighbour
        count += 1
      }
      this.starts[item + 1] = count
    }
  }

  /** How many there are; of orders that have as many as `enough` it is not told how many more. */
  count(layers: readonly Int32Array[], enough: number): number {
    for (const layer of layers) {
      for (let at = 0; at < layer.length; at += 1) this.index[layer[at] ?? 0] = at
    }
    let count = 0
    for (let at = 1; at < layers.length && count < enough; at += 1) {
      const [above, below] = [layers[at - 1], layers[at]]
      if (above !== undefined && below !== undefined) count += this.between(above, below.length)
    }
    return count
  }

  /** Lines from a layer into one of a size: those that end above the line of an item further up. */
  private between(layer: Int32Array, size: number): number {
    const { starts, lines, index, tree } = this
    tree.fill(0, 0, size + 1)
    let [count, seen] = [0, 0]
    for (let place = 0; place < layer.length; place += 1) {
      const item = layer[place] ?? 0
      const [start, end] = [starts[item] ?? 0, starts[item + 1] ?? 0]
      for (let line = start; line < end; line += 1) {
        count += seen
        for (let at = (index[lines[line] ?? 0] ?? 0) + 1; at > 0; at -= at & -at) count -= tree[at] ?? 0
      }
      // Only then: lines of one item do not cross.
      for (let line = start; line < end; line += 1) {
        for (let at = (index[lines[line] ?? 0] ?? 0) + 1; at <= size; at += at & -at)
          tree[at] = (tree[at] ?? 0) + 1
      }
      seen += end - start
    }
    return count
  }
}
