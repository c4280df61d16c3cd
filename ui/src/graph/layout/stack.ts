// Boxes of different sizes in columns: in the order of the flow from left to right, and in each column near those with whom
// they have calls.

import type { Point, Size } from '../geometry.ts'
import { inRow } from './isotonic.ts'

/** Between columns there is room for arrows. */
const GAP: Size = { width: 84, height: 36 }
/** Of a page between its bars. */
const WIDTH_TO_HEIGHT = 1.9
/** So many heights of columns are tried, each so much higher than the one before. */
const TRIES = 14
const TRY_FACTOR = 1.16
const SWEEPS = 6
const PASSES = 8

export interface Stack {
  sizes: readonly Size[]
  /** How far along the flow each box is. */
  ranks: readonly number[]
  /** From box to box, one for each call. */
  calls: readonly (readonly [from: number, to: number])[]
}

/** The top left corners. */
export function stacked({ sizes, ranks, calls }: Stack): Point[] {
  const weights = weightsOf(sizes.length, calls)
  let columns = columnsOf(sizes, ranks)
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) columns = swept(columns, weights, sizes.length)
  const middle = middles(columns, sizes, weights)
  const corners = sizes.map((): Point => ({ x: 0, y: 0 }))
  let x = 0
  for (const column of columns) {
    const width = Math.max(...column.map(at => sizes[at]?.width ?? 0))
    for (const at of column) {
      // Where the flow comes from, all begin together.
      corners[at] = { x, y: Math.round((middle[at] ?? 0) - (sizes[at]?.height ?? 0) / 2) }
    }
    x += width + GAP.width
  }
  return corners
}

type Weights = readonly ReadonlyMap<number, number>[]

function weightsOf(count: number, calls: Stack['calls']): Weights {
  const weights = Array.from({ length: count }, () => new Map<number, number>())
  for (const [from, to] of calls) {
    weights[from]?.set(to, (weights[from]?.get(to) ?? 0) + 1)
    weights[to]?.set(from, (weights[to]?.get(from) ?? 0) + 1)
  }
  // Sums of fractions depend on their order.
  return weights.map(own => new Map([...own].sort(([a], [b]) => a - b)))
}

/** In the order of their ranks, in columns of the height with which the whole is seen from nearest. */
function columnsOf(sizes: readonly Size[], ranks: readonly number[]): number[][] {
  const area = sizes.reduce((sum, { width, height }) => sum + (width + GAP.width) * (height + GAP.height), 0)
  const highest = Math.max(0, ...sizes.map(({ height }) => height)) + GAP.height
  const order = [...sizes.keys()].sort((a, b) => (ranks[a] ?? 0) - (ranks[b] ?? 0) || a - b)
  let best: { columns: number[][]; cost: number } = { columns: [], cost: Number.POSITIVE_INFINITY }
  for (let turn = 0; turn < TRIES; turn += 1) {
    const tallest = Math.max(highest, Math.sqrt(area / WIDTH_TO_HEIGHT) * 0.75 * TRY_FACTOR ** turn)
    const columns = filled(order, sizes, tallest)
    const cost = costOf(columns, sizes)
    if (cost < best.cost) best = { columns, cost }
  }
  return best.columns
}

/** How far away one must go to see all of it. */
function costOf(columns: readonly number[][], sizes: readonly Size[]): number {
  const width = columns.reduce(
    (sum, column) => sum + Math.max(...column.map(at => sizes[at]?.width ?? 0)) + GAP.width,
    0,
  )
  const height = Math.max(0, ...columns.map(column => heightOf(column, sizes)))
  return Math.max(width / WIDTH_TO_HEIGHT, height)
}

function heightOf(column: readonly number[], sizes: readonly Size[]): number {
  return column.reduce((sum, at) => sum + (sizes[at]?.height ?? 0) + GAP.height, 0)
}

function filled(order: readonly number[], sizes: readonly Size[], tallest: number): number[][] {
  const columns: number[][] = []
  for (const at of order) {
    const last = columns.at(-1)
    if (last === undefined || heightOf([...last, at], sizes) > tallest) columns.push([at])
    else last.push(at)
  }
  return columns
}

/** Every column in the order of the mean places of those with whom its boxes have calls. */
function swept(columns: readonly number[][], weights: Weights, count: number): number[][] {
  const place = Array.from({ length: count }, () => 0)
  for (const column of columns) {
    for (const [index, at] of column.entries()) place[at] = (index + 0.5) / column.length
  }
  return columns.map(column => {
    const wish = new Map(column.map(at => [at, mean(weights[at], place) ?? place[at] ?? 0]))
    const sorted = column.toSorted((a, b) => (wish.get(a) ?? 0) - (wish.get(b) ?? 0))
    for (const [index, at] of sorted.entries()) place[at] = (index + 0.5) / sorted.length
    return sorted
  })
}

/** Heights of the middles, as near as possible to the mean of those with whom they have calls. */
function middles(columns: readonly number[][], sizes: readonly Size[], weights: Weights): number[] {
  const middle = sizes.map(() => 0)
  const height = (at: number | undefined) => (at === undefined ? 0 : (sizes[at]?.height ?? 0))
  for (let pass = 0; pass < PASSES; pass += 1) {
    for (const column of pass % 2 === 0 ? columns : columns.toReversed()) {
      const wishes = column.map((at, index) => ({
        at: pass === 0 ? 0 : (mean(weights[at], middle) ?? 0),
        weight: height(at),
        room: (height(at) + height(column[index - 1])) / 2 + GAP.height,
      }))
      for (const [index, at] of inRow(wishes).entries()) middle[column[index] ?? 0] = at
    }
  }
  return middle
}

function mean(weights: ReadonlyMap<number, number> | undefined, values: readonly number[]): number | null {
  let [sum, all] = [0, 0]
  for (const [at, weight] of weights ?? []) {
    sum += (values[at] ?? 0) * weight
    all += weight
  }
  return all === 0 ? null : sum / all
}
