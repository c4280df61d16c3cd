// Who is near whom, in a few long rows of numbers: means of what neighbours have are taken so often that lists of objects
// would be most of the time that a layout takes.

import type { Items } from './items.ts'

export type Side = 'before' | 'after' | 'both'

export class Neighbours {
  /** Those of an item are from its own start to its end; from its middle on they are in later layers. */
  readonly starts: Int32Array
  readonly middles: Int32Array
  readonly ends: Int32Array
  readonly items: Int32Array
  private readonly weights: Float64Array
  /** Sums of the weights of each item's neighbours. */
  private readonly sums: Record<Side, Float64Array>

  constructor({ layers, lines }: Items) {
    const count = layers.length
    const [before, after] = [new Int32Array(count), new Int32Array(count)]
    for (const { from, to } of lines) {
      after[from] = (after[from] ?? 0) + 1
      before[to] = (before[to] ?? 0) + 1
    }
    this.starts = new Int32Array(count)
    this.middles = new Int32Array(count)
    this.ends = new Int32Array(count)
    let at = 0
    for (let item = 0; item < count; item += 1) {
      this.starts[item] = at
      this.middles[item] = at + (before[item] ?? 0)
      at += (before[item] ?? 0) + (after[item] ?? 0)
      this.ends[item] = at
    }
    this.items = new Int32Array(at)
    this.weights = new Float64Array(at)
    this.join(lines)
    const sumsOf = (starts: Int32Array, ends: Int32Array) =>
      Float64Array.from(starts, (start, item) => sumOf(this.weights, start, ends[item] ?? 0))
    this.sums = {
      before: sumsOf(this.starts, this.middles),
      after: sumsOf(this.middles, this.ends),
      both: sumsOf(this.starts, this.ends),
    }
  }

  /** In the order of the lines. */
  private join(lines: Items['lines']): void {
    const { items, weights } = this
    const [before, after] = [this.starts.slice(), this.middles.slice()]
    for (const { from, to, weight } of lines) {
      const [ahead, behind] = [after[from] ?? 0, before[to] ?? 0]
      items[ahead] = to
      items[behind] = from
      weights[ahead] = weight
      weights[behind] = weight
      after[from] = ahead + 1
      before[to] = behind + 1
    }
  }

  weightOf(item: number): number {
    return this.sums.both[item] ?? 0
  }

  /** For each of some items the weighted mean of what its neighbours have; for one without neighbours what it has itself. */
  means(of: Int32Array, side: Side, values: Float64Array, into: Float64Array): void {
    const { items, weights } = this
    const sums = this.sums[side]
    const starts = side === 'after' ? this.middles : this.starts
    const ends = side === 'before' ? this.middles : this.ends
    for (let index = 0; index < of.length; index += 1) {
      const item = of[index] ?? 0
      const end = ends[item] ?? 0
      let sum = 0
      let at = starts[item] ?? 0
      const isAlone = at === end
      for (; at < end; at += 1) sum += (values[items[at] ?? 0] ?? 0) * (weights[at] ?? 0)
      into[index] = isAlone ? (values[item] ?? 0) : sum / (sums[item] ?? 1)
    }
  }
}

function sumOf(values: Float64Array, start: number, end: number): number {
  let sum = 0
  for (let at = start; at < end; at += 1) sum += values[at] ?? 0
  return sum
}
