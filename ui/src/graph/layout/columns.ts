// Coordinates: a layer is a column, or several where one would be too tall; within it everything is drawn to its
// neighbours.

import { CARD, COLUMN_GAP, type Point, ROW_GAP } from '../geometry.ts'
import { Row } from './isotonic.ts'
import type { Item } from './items.ts'
import type { Neighbours } from './neighbours.ts'

const PASSES = 14
/** What a bend keeps free above and below itself. */
const BEND_HEIGHT = 16
const WIDTH_TO_HEIGHT = 1.6
/** A column of so little height is never split. */
const HEIGHT_MIN = 1200
/** Between the columns of one layer. */
const SPLIT_GAP = 48

export interface Column {
  /** From top to bottom. */
  items: readonly number[]
  /** Into how many columns it is split, the items taking turns. */
  parts: number
  /** Centre of the first part. */
  x: number
}

/** Centres of all items. */
export function placed(items: readonly Item[], neighbours: Neighbours, layers: readonly number[][]): Point[] {
  const columns = columnsOf(items, layers)
  const y = heights(items, neighbours, columns)
  const x = items.map(() => 0)
  for (const column of columns) {
    for (const item of column.items) x[item] = column.x
    for (const [index, item] of roomed(items, column).entries())
      x[item] = column.x + (index % column.parts) * (CARD.width + SPLIT_GAP)
  }
  return items.map((_, item) => ({ x: x[item] ?? 0, y: y[item] ?? 0 }))
}

/** Those that keep room free. In a layer that is split, bends do not: nothing would be left for cards. */
function roomed(items: readonly Item[], { items: inside, parts }: Column): readonly number[] {
  return parts === 1 ? inside : inside.filter(item => !isBend(items[item]))
}

export function columnsOf(items: readonly Item[], layers: readonly number[][]): Column[] {
  const heights = layers.map(
    layer => layer.filter(item => !isBend(items[item])).length * (CARD.height + ROW_GAP),
  )
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

const isBend = (item: Item | undefined) => item?.node === null

/** A column while it is drawn to its neighbours. */
interface Drawn {
  /** Those that keep room free. */
  inside: readonly number[]
  row: Row
  /** Bends of a layer that is split: they go where they like. */
  free: readonly number[]
}

function heights(items: readonly Item[], neighbours: Neighbours, columns: readonly Column[]): Float64Array {
  const y = new Float64Array(items.length)
  const drawn = columns.map(column => drawnOf(items, column, neighbours))
  // At first everything would like to be in the middle.
  for (const column of drawn) settle(column, y)
  for (let pass = 0; pass < PASSES; pass += 1) {
    for (const column of pass % 2 === 0 ? drawn : drawn.toReversed()) drawTo(neighbours, column, y)
  }
  return y
}

function drawnOf(items: readonly Item[], column: Column, neighbours: Neighbours): Drawn {
  const inside = roomed(items, column)
  const row = new Row(
    inside.map((item, index) => ({
      // Who has many neighbours has the last word; a bend between two bends would rather be straight.
      weight: 1 + neighbours.weightOf(item),
      room: roomBetween(items[inside[index - 1] ?? -1], items[item]) / column.parts,
    })),
  )
  const free = inside === column.items ? [] : column.items.filter(item => isBend(items[item]))
  return { inside, row, free }
}

function drawTo(neighbours: Neighbours, column: Drawn, y: Float64Array): void {
  const { inside, row, free } = column
  for (let index = 0; index < inside.length; index += 1) {
    row.wishes[index] = neighbours.mean(inside[index] ?? 0, 'both', y)
  }
  for (const item of free) y[item] = neighbours.mean(item, 'both', y)
  settle(column, y)
}

function settle({ inside, row }: Drawn, y: Float64Array): void {
  const places = row.settled()
  for (let index = 0; index < inside.length; index += 1) y[inside[index] ?? 0] = places[index] ?? 0
}

function roomBetween(a: Item | undefined, b: Item | undefined): number {
  const half = (item: Item | undefined) => (isBend(item) ? BEND_HEIGHT : CARD.height + ROW_GAP) / 2
  return half(a) + half(b)
}
