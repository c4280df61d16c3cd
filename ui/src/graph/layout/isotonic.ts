// Places in a row, as near as possible to where each would like to be, in order and with room between: weighted isotonic
// regression by pooling those that would stand in each other's way.

export interface Wish {
  /** Where it would like to be. */
  at: number
  weight: number
  /** Room from the one before, centre to centre. */
  room: number
}

/** Minimises the weighted squares of the distances to the wishes. */
export function inRow(wishes: readonly Wish[]): number[] {
  const row = new Row(wishes)
  for (const [index, { at }] of wishes.entries()) row.wishes[index] = at
  return [...row.settled()]
}

/** A row whose wishes change while weights and room stay. */
export class Row {
  /** Where each would like to be. */
  readonly wishes: Float64Array
  private readonly weights: Float64Array
  /** Room from the first to each. */
  private readonly offsets: Float64Array
  // The pools are a stack: where each is, what it weighs, and how many of the row are before its end.
  private readonly poolAt: Float64Array
  private readonly poolWeight: Float64Array
  private readonly poolEnd: Int32Array
  private readonly places: Float64Array

  constructor(row: readonly Omit<Wish, 'at'>[]) {
    const numbers = () => new Float64Array(row.length)
    this.wishes = numbers()
    this.weights = numbers()
    this.offsets = numbers()
    this.poolAt = numbers()
    this.poolWeight = numbers()
    this.poolEnd = new Int32Array(row.length)
    this.places = numbers()
    let offset = 0
    for (const [index, { weight, room }] of row.entries()) {
      if (index > 0) offset += room
      this.weights[index] = weight
      this.offsets[index] = offset
    }
  }

  /** Their places; the same array each time. Takes time in proportion to their number. */
  settled(): Float64Array {
    const { wishes, weights, offsets, poolAt, poolWeight, poolEnd, places } = this
    let pools = 0
    for (let index = 0; index < wishes.length; index += 1) {
      let at = (wishes[index] ?? 0) - (offsets[index] ?? 0)
      let weight = weights[index] ?? 0
      for (; pools > 0 && (poolAt[pools - 1] ?? 0) > at; pools -= 1) {
        const last = poolWeight[pools - 1] ?? 0
        at = ((poolAt[pools - 1] ?? 0) * last + at * weight) / (last + weight)
        weight += last
      }
      poolAt[pools] = at
      poolWeight[pools] = weight
      poolEnd[pools] = index + 1
      pools += 1
    }
    let index = 0
    for (let pool = 0; pool < pools; pool += 1) {
      const [at, end] = [poolAt[pool] ?? 0, poolEnd[pool] ?? 0]
      for (; index < end; index += 1) places[index] = at + (offsets[index] ?? 0)
    }
    return places
  }
}
