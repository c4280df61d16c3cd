// Places in a row, as near as possible to where each would like to be, in order and with room between: weighted isotonic
// regression by pooling those that would stand in each other's way.

export interface Wish {
  /** Where it would like to be. */
  at: number
  weight: number
  /** Room from the one before, centre to centre. */
  room: number
}

interface Pool {
  at: number
  weight: number
  size: number
}

/** Minimises the weighted squares of the distances to the wishes. Takes time in proportion to their number. */
export function inRow(wishes: readonly Wish[]): number[] {
  const pools: Pool[] = []
  const offsets: number[] = []
  let offset = 0
  for (const [index, { at, weight, room }] of wishes.entries()) {
    offset += index === 0 ? 0 : room
    offsets.push(offset)
    let pool: Pool = { at: at - offset, weight, size: 1 }
    for (let last = pools.at(-1); last !== undefined && last.at > pool.at; last = pools.at(-1)) {
      pools.pop()
      const sum = last.weight + pool.weight
      pool = {
        at: (last.at * last.weight + pool.at * pool.weight) / sum,
        weight: sum,
        size: last.size + pool.size,
      }
    }
    pools.push(pool)
  }
  const places = pools.flatMap(({ at, size }) => new Array<number>(size).fill(at))
  return places.map((at, index) => at + (offsets[index] ?? 0))
}
