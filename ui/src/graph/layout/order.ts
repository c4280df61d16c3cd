// The order within each layer, so that few calls cross: each item goes to the mean place of its neighbours, back and forth
// over the layers, and the best of all these orders is kept.

import type { Item, Neighbour } from './items.ts'

const SWEEPS = 12

/** The items of each layer from top to bottom. */
export function ordered(items: readonly Item[]): number[][] {
  let layers = atFirst(items)
  let best = layers
  let least = crossings(items, layers)
  for (let sweep = 0; sweep < SWEEPS && least > 0; sweep += 1) {
    layers = swept(items, layers, sweep % 2 === 0)
    const count = crossings(items, layers)
    if (count < least) [best, least] = [layers, count]
  }
  return best
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
      for (const { item: next } of item.after.toReversed()) waiting.push(next)
    }
  }
  return layers
}

function swept(items: readonly Item[], layers: readonly number[][], isForwards: boolean): number[][] {
  const next = layers.map(layer => [...layer])
  const place = placesOf(items, next)
  const rounds = [...next.keys()]
  for (const at of isForwards ? rounds : rounds.reverse()) {
    const layer = next[at] ?? []
    const wish = new Map(layer.map(item => [item, wishOf(items[item], isForwards, place, item)]))
    // Sorting is stable: of equal wishes the order stays.
    layer.sort((a, b) => (wish.get(a) ?? 0) - (wish.get(b) ?? 0))
    for (const [index, item] of layer.entries()) place[item] = (index + 0.5) / layer.length
  }
  return next
}

/** Places from 0 to 1, so that layers of different sizes compare. */
function placesOf(items: readonly Item[], layers: readonly number[][]): number[] {
  const place = items.map(() => 0)
  for (const layer of layers) {
    for (const [index, item] of layer.entries()) place[item] = (index + 0.5) / layer.length
  }
  return place
}

function wishOf(item: Item | undefined, isForwards: boolean, place: readonly number[], self: number): number {
  const neighbours = (isForwards ? item?.before : item?.after) ?? []
  return meanOf(neighbours, place) ?? place[self] ?? 0
}

/** The weighted mean of what neighbours have; null without neighbours. */
export function meanOf(neighbours: readonly Neighbour[], values: readonly number[]): number | null {
  let [sum, weights] = [0, 0]
  for (const { item, weight } of neighbours) {
    sum += (values[item] ?? 0) * weight
    weights += weight
  }
  return weights === 0 ? null : sum / weights
}

/** How many calls between neighbouring layers cross. */
export function crossings(items: readonly Item[], layers: readonly number[][]): number {
  const index = items.map(() => 0)
  for (const layer of layers) for (const [at, item] of layer.entries()) index[item] = at
  let count = 0
  for (const [at, layer] of layers.entries()) {
    const ends: number[] = []
    for (const item of layer) {
      const next = (items[item]?.after ?? []).filter(({ item: to }) => items[to]?.layer === at + 1)
      ends.push(...next.map(({ item: to }) => index[to] ?? 0).sort((a, b) => a - b))
    }
    count += inversions(ends, layers[at + 1]?.length ?? 0)
  }
  return count
}

/** Pairs that stand the wrong way round, counted with a Fenwick tree. */
function inversions(values: readonly number[], size: number): number {
  const tree = new Array<number>(size + 1).fill(0)
  let count = 0
  for (const [seen, value] of values.entries()) {
    let notAbove = 0
    for (let at = value + 1; at > 0; at -= at & -at) notAbove += tree[at] ?? 0
    count += seen - notAbove
    for (let at = value + 1; at <= size; at += at & -at) tree[at] = (tree[at] ?? 0) + 1
  }
  return count
}
