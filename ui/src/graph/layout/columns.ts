// Coordinates: a layer is a column, or several where one would be too tall; within it everything is drawn to its
// neighbours.

import { CARD, COLUMN_GAP, type Point, ROW_GAP } from '../geometry.ts'
import { Row } from './isotonic.ts'
import type { Items } from './items.ts'
import type { Neighbours } from './neighbours.ts'

const PASSES = 14
/** Nobody sees whether a card stands so much higher or lower. */
const STILL = 2
/** What a bend keeps free above and below itself. */
const BEND_HEIGHT = 16
const WIDTH_TO_HEIGHT = 1.6
/** A column of so little height is never split. */
const HEIGHT_MIN = 1200
/** Between the columns of one layer. */
const SPLIT_GAP = 48

export interface Column {
  /** From top to bottom. */
  items: Int32Array
  /** Into how many columns it is split, the items taking turns. */
  parts: number
  /** Centre of the first part. */
  x: number
}

/** Centres of all items. */
export function placed(items: Items, neighbours: Neighbours, layers: readonly Int32Array[]): Point[] {
  const columns = columnsOf(items, layers)
  const y = heights(items, neighbours, columns)
  const x = new Float64Array(y.length)
  for (const column of columns) {
    for (const item of column.items) x[item] = column.x
    for (const [index, item] of roomed(items, column).entries())
      x[item] = column.x + (index % column.parts) * (CARD.width + SPLIT_GAP)
  }
  return items.layers.map((_, item) => ({ x: x[item] ?? 0, y: y[item] ?? 0 }))
}

/** Those that keep room free. In a layer that is split, bends do not: nothing would be left for cards. */
function roomed(items: Items, { items: inside, parts }: Column): Int32Array {
  return parts === 1 ? inside : inside.filter(item => !isBend(items, item))
}

export function columnsOf(items: Items, layers: readonly Int32Array[]): Column[] {
  const heights = layers.map(layer => {
    let cards = 0
    for (const item of layer) if (!isBend(items, item)) cards += 1
    return cards * (CARD.height + ROW_GAP)
  })
  const area = heights.reduce((sum, height) => sum + height, 0) * (CARD.width + COLUMN_GAP)
  const tallest = Math.max(HEIGHT_MIN, Math.sqrt(area / WIDTH_TO_HEIGHT))
  let x = 0
  return layers.map((layer, at) => {
    const parts = Math.max(1, Math.ceil((heights[at] ?? 0) / tallest))
    const column = { items: layer, parts, x }
    x += parts * CARD.width + (parts - 1) * SPLIT_GAP + COLUMN_GAP
    return column
  })
}

const isBend = ({ nodes }: Items, item: number) => item >= nodes

/** A column while it is drawn to its neighbours. */
interface Drawn {
  /** Those that keep room free. */
  inside: Int32Array
  row: Row
  /** Bends of a layer that is split: they go where they like. */
  free: Int32Array
}

function heights(items: Items, neighbours: Neighbours, columns: readonly Column[]): Float64Array {
  const y = new Float64Array(items.layers.length)
  const drawn = columns.map(column => drawnOf(items, column, neighbours))
  // At first everything would like to be in the middle.
  for (const column of drawn) settle(column, y)
  const backwards = drawn.toReversed()
  // After a pass forwards and after one backwards: between the two, columns may go back and forth for ever.
  const before = [y.slice(), y.slice()] as const
  for (let pass = 0; pass < PASSES; pass += 1) {
    const isForwards = pass % 2 === 0
    for (const column of isForwards ? drawn : backwards) drawTo(neighbours, column, y)
    const last = before[isForwards ? 0 : 1]
    if (pass > 1 && y.every((now, item) => Math.abs(now - (last[item] ?? 0)) < STILL)) break
    last.set(y)
  }
  return y
}

const NOBODY = new Int32Array()

function drawnOf(items: Items, column: Column, neighbours: Neighbours): Drawn {
  const inside = roomed(items, column)
  const row = new Row(
    Array.from(inside, (item, index) => ({
      // Who has many neighbours has the last word; a bend between two bends would rather be straight.
      weight: 1 + neighbours.weightOf(item),
      room: (halfOf(items, inside[index - 1] ?? item) + halfOf(items, item)) / column.parts,
    })),
  )
  const free = inside === column.items ? NOBODY : column.items.filter(item => isBend(items, item))
  return { inside, row, free }
}

function drawTo(neighbours: Neighbours, column: Drawn, y: Float64Array): void {
  const { inside, row, free } = column
  neighbours.means(inside, 'both', y, row.wishes)
  if (free.length > 0) {
    // Neighbours are never in the same column.
    const wishes = new Float64Array(free.length)
    neighbours.means(free, 'both', y, wishes)
    for (const [index, wish] of wishes.entries()) y[free[index] ?? 0] = wish
  }
  settle(column, y)
}

function settle({ inside, row }: Drawn, y: Float64Array): void {
  const places = row.settled()
  for (let index = 0; index < inside.length; index += 1) y[inside[index] ?? 0] = places[index] ?? 0
}

function halfOf(items: Items, item: number): number {
  return (isBend(items, item) ? BEND_HEIGHT : CARD.height + ROW_GAP) / 2
}
