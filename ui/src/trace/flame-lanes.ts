// Where spans lie in a flame graph: time from left to right, every span below its parent, and no two on one another. What a
// span called stays together: calls that ran at the same time lie below one another with all that they called themselves.

import { at, endOf, NONE, type Trace } from './columns.ts'
import type { Flags } from './sight.ts'

export interface Lanes {
  /** By row; -1 for what is hidden. */
  laneOf: Int32Array
  /** Rows by lane, in the order of their start. */
  lanes: number[][]
}

export function lanesOf(trace: Trace, hidden: Flags | null): Lanes {
  const children = shownChildren(trace, hidden)
  const blocks = blocksOf(trace, children)
  const laneOf = new Int32Array(trace.rowCount).fill(-1)
  const lanes: number[][] = Array.from({ length: blocks.heightOfAll }, () => [])
  for (let row = 0; row < trace.rowCount; row++) {
    if (hidden?.[row] === 1) continue
    const parent = at(trace.parent, row)
    const lane = (parent === NONE ? 0 : at(laneOf, parent) + 1) + at(blocks.offset, row)
    laneOf[row] = lane
    lanes[lane]?.push(row)
  }
  for (const lane of lanes) lane.sort((a, b) => at(trace.start, a) - at(trace.start, b))
  return { laneOf, lanes }
}

/** Rows by the row of their parent, in the order of their start. */
function shownChildren({ parent, rowCount }: Trace, hidden: Flags | null): Map<number, number[]> {
  const children = new Map<number, number[]>()
  for (let row = 0; row < rowCount; row++) {
    if (hidden?.[row] === 1) continue
    const siblings = children.get(at(parent, row))
    if (siblings === undefined) children.set(at(parent, row), [row])
    else siblings.push(row)
  }
  return children
}

/** Of each span with everything below it: how many lanes it takes, its time, and how far below its parent it begins. */
function blocksOf(trace: Trace, children: ReadonlyMap<number, readonly number[]>) {
  const height = new Int32Array(trace.rowCount).fill(1)
  const offset = new Int32Array(trace.rowCount)
  const start = trace.start.slice()
  const end = start.map((_, row) => endOf(trace, row))
  const pack = (siblings: readonly number[]): number => {
    const taken = new LaneEnds()
    for (const row of siblings) offset[row] = taken.place(at(height, row), at(start, row), at(end, row))
    return taken.lanes
  }
  // From the last row up: what is below a span is complete before the span itself is placed.
  for (let row = trace.rowCount - 1; row >= 0; row--) {
    const below = children.get(row)
    if (below === undefined) continue
    height[row] = 1 + pack(below)
    for (const child of below) {
      start[row] = Math.min(at(start, row), at(start, child))
      end[row] = Math.max(at(end, row), at(end, child))
    }
  }
  return { offset, heightOfAll: pack(children.get(NONE) ?? []) }
}

/** Until when each lane is taken: a tree of minima, so that thousands of lanes are not looked through one by one. */
class LaneEnds {
  private size = 4
  /** The root is 1, the children of `i` are `2i` and `2i + 1`, the lanes begin at `size`. */
  private least = new Float64Array(2 * this.size).fill(Number.NEGATIVE_INFINITY)
  /** How many were ever taken. */
  lanes = 0

  /** The first of so many lanes that are all free at a moment; they are taken. */
  place(height: number, moment: number, until: number): number {
    let first = this.firstFree(0, moment)
    for (let lane = first; lane < first + height; lane++) {
      if (this.endOf(lane) > moment) {
        first = this.firstFree(lane + 1, moment)
        lane = first - 1
      }
    }
    for (let lane = first; lane < first + height; lane++) this.take(lane, until)
    this.lanes = Math.max(this.lanes, first + height)
    return first
  }

  private endOf(lane: number): number {
    return lane < this.size ? (this.least[lane + this.size] ?? 0) : Number.NEGATIVE_INFINITY
  }

  private firstFree(from: number, moment: number): number {
    const found = this.search(1, 0, this.size, from, moment)
    return found === -1 ? Math.max(from, this.size) : found
  }

  private search(at: number, first: number, size: number, from: number, moment: number): number {
    if (first + size <= from || (this.least[at] ?? 0) > moment) return -1
    if (size === 1) return first
    const half = size / 2
    const left = this.search(2 * at, first, half, from, moment)
    return left === -1 ? this.search(2 * at + 1, first + half, half, from, moment) : left
  }

  private take(lane: number, until: number): void {
    while (lane >= this.size) this.grow()
    let at = lane + this.size
    this.least[at] = until
    for (at >>= 1; at >= 1; at >>= 1) {
      this.least[at] = Math.min(this.least[2 * at] ?? 0, this.least[2 * at + 1] ?? 0)
    }
  }

  private grow(): void {
    const { size, least } = this
    this.size = 2 * size
    this.least = new Float64Array(2 * this.size).fill(Number.NEGATIVE_INFINITY)
    for (let lane = 0; lane < size; lane++) {
      const until = least[size + lane] ?? Number.NEGATIVE_INFINITY
      if (until !== Number.NEGATIVE_INFINITY) this.take(lane, until)
    }
  }
}
