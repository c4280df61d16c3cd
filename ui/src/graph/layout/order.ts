// The order within each layer, so that few calls cross: each item goes to the mean place of its neighbours, back and forth
// over the layers, and the best of all these orders is kept.

import type { Item } from './items.ts'
import type { Neighbours } from './neighbours.ts'

const SWEEPS = 12
/** Layers of so many items are sorted by moving each where it belongs. */
const SHORT = 64

/** The items of each layer from top to bottom. */
export function ordered(items: readonly Item[], neighbours: Neighbours): number[][] {
  const crossings = new Crossings(items)
  const sweeper = new Sweeper(items.length, neighbours)
  const orders = [atFirst(items)]
  let [best = []] = orders
  let least = crossings.count(best, Number.POSITIVE_INFINITY)
  for (let sweep = 0; sweep < SWEEPS && least > 0; sweep += 1) {
    const layers = sweeper.swept(orders[sweep] ?? [], sweep % 2 === 0)
    // From here on the last two sweeps would be repeated.
    if (isSame(layers, orders[sweep - 1])) break
    orders.push(layers)
    const count = crossings.count(layers, least)
    if (count < least) {
      best = layers
      least = count
    }
  }
  return best
}

function isSame(layers: readonly number[][], others: readonly number[][] | undefined): boolean {
  if (others === undefined) return false
  return layers.every((layer, at) => {
    const other = others[at]
    return other !== undefined && layer.every((item, place) => other[place] === item)
  })
}

/** As a walk in depth meets them: what belongs together begins together. */
function atFirst(items: readonly Item[]): number[][] {
  const layers: number[][] = []
  const isMet = items.map(() => false)
  const starts = [...items.keys()].sort((a, b) => (items[a]?.layer ?? 0) - (items[b]?.layer ?? 0) || a - b)
  for (const start of starts) {
    const waiting = [start]
    for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
      const item = items[at]
      if (item === undefined || isMet[at]) continue
      isMet[at] = true
      const layer = layers[item.layer] ?? []
      layer.push(at)
      layers[item.layer] = layer
      for (let next = item.after.length - 1; next >= 0; next -= 1) waiting.push(item.after[next]?.item ?? 0)
    }
  }
  return layers
}

class Sweeper {
  private readonly neighbours: Neighbours
  private readonly place: Float64Array
  private readonly wish: Float64Array

  constructor(count: number, neighbours: Neighbours) {
    this.neighbours = neighbours
    this.place = new Float64Array(count)
    this.wish = new Float64Array(count)
  }

  /** The order after a sweep over all layers. */
  swept(layers: readonly number[][], isForwards: boolean): number[][] {
    const { neighbours, place, wish } = this
    const next = layers.map(layer => layer.slice())
    const side = isForwards ? 'before' : 'after'
    for (const layer of next) takePlaces(layer, place)
    for (let step = 0; step < next.length; step += 1) {
      const layer = next[isForwards ? step : next.length - 1 - step] ?? []
      for (const item of layer) wish[item] = neighbours.mean(item, side, place)
      sortByWish(layer, wish)
      takePlaces(layer, place)
    }
    return next
  }
}

/** Stable: of equal wishes the order stays. Most layers are short and nearly in order. */
function sortByWish(layer: number[], wish: Float64Array): void {
  if (layer.length > SHORT) {
    layer.sort((a, b) => (wish[a] ?? 0) - (wish[b] ?? 0))
    return
  }
  for (let index = 1; index < layer.length; index += 1) {
    const item = layer[index] ?? 0
    const own = wish[item] ?? 0
    let at = index
    for (; at > 0 && (wish[layer[at - 1] ?? 0] ?? 0) > own; at -= 1) layer[at] = layer[at - 1] ?? 0
    layer[at] = item
  }
}

/** Places from 0 to 1, so that layers of different sizes compare. */
function takePlaces(layer: readonly number[], place: Float64Array): void {
  for (let index = 0; index < layer.length; index += 1)
    place[layer[index] ?? 0] = (index + 0.5) / layer.length
}

/** Counts how many lines between neighbouring layers cross. */
class Crossings {
  /** To whom in the next layer each item has a line; calls that pass a layer without a bend cross what they like. */
  private readonly lines: number[][]
  /** Where in its layer each item is. */
  private readonly index: Int32Array
  /** A Fenwick tree over the places of a layer. */
  private readonly tree: Int32Array

  constructor(items: readonly Item[]) {
    this.lines = items.map(({ layer, after }) =>
      after.filter(({ item }) => items[item]?.layer === layer + 1).map(({ item }) => item),
    )
    this.index = new Int32Array(items.length)
    this.tree = new Int32Array(items.length + 1)
  }

  /** How many there are; of orders that have as many as `enough` it is not told how many more. */
  count(layers: readonly number[][], enough: number): number {
    for (const layer of layers) {
      for (let at = 0; at < layer.length; at += 1) this.index[layer[at] ?? 0] = at
    }
    let count = 0
    for (let at = 0; at + 1 < layers.length && count < enough; at += 1) {
      count += this.between(layers[at] ?? [], layers[at + 1]?.length ?? 0)
    }
    return count
  }

  /** Lines from a layer into one of a size: those that end above the line of an item further up. */
  private between(layer: readonly number[], size: number): number {
    const { lines, index, tree } = this
    tree.fill(0, 0, size + 1)
    let [count, seen] = [0, 0]
    for (const item of layer) {
      const ends = lines[item] ?? []
      for (const end of ends) {
        count += seen
        for (let at = (index[end] ?? 0) + 1; at > 0; at -= at & -at) count -= tree[at] ?? 0
      }
      // Only then: lines of one item do not cross.
      for (const end of ends) {
        for (let at = (index[end] ?? 0) + 1; at <= size; at += at & -at) tree[at] = (tree[at] ?? 0) + 1
      }
      seen += ends.length
    }
    return count
  }
}
