// Who is near whom, in a few long rows of numbers: means of what neighbours have are taken so often that lists of objects
// would be most of the time that a layout takes.

import type { Item } from './items.ts'

export type Side = 'before' | 'after' | 'both'

export class Neighbours {
  /** Those of an item are from its own start to the next one's; from its middle on they are in later layers. */
  private readonly starts: Int32Array
  private readonly middles: Int32Array
  private readonly items: Int32Array
  private readonly weights: Float64Array

  constructor(items: readonly Item[]) {
    const count = items.reduce((sum, { before, after }) => sum + before.length + after.length, 0)
    this.starts = new Int32Array(items.length + 1)
    this.middles = new Int32Array(items.length)
    this.items = new Int32Array(count)
    this.weights = new Float64Array(count)
    let at = 0
    items.forEach(({ before, after }, index) => {
      this.middles[index] = at + before.length
      for (const list of [before, after]) {
        for (const neighbour of list) {
          this.items[at] = neighbour.item
          this.weights[at] = neighbour.weight
          at += 1
        }
      }
      this.starts[index + 1] = at
    })
  }

  weightOf(item: number): number {
    let sum = 0
    const end = this.starts[item + 1] ?? 0
    for (let at = this.starts[item] ?? 0; at < end; at += 1) sum += this.weights[at] ?? 0
    return sum
  }

  /** The weighted mean of what an item's neighbours have; without neighbours what it has itself. */
  mean(item: number, side: Side, values: Float64Array): number {
    const { items, weights } = this
    const end = (side === 'before' ? this.middles[item] : this.starts[item + 1]) ?? 0
    let [sum, all] = [0, 0]
    for (let at = (side === 'after' ? this.middles[item] : this.starts[item]) ?? 0; at < end; at += 1) {
      const weight = weights[at] ?? 0
      sum += (values[items[at] ?? 0] ?? 0) * weight
      all += weight
    }
    return all === 0 ? (values[item] ?? 0) : sum / all
  }
}
