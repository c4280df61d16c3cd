// Coordinates: a layer is a column, or several where one would be too tall; within it everything is drawn to its
// neighbours.

import { CARD, COLUMN_GAP, type Point, ROW_GAP } from '../geometry.ts'
import { inRow } from './isotonic.ts'
import type { Item } from './items.ts'
import { meanOf } from './order.ts'

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
export function placed(items: readonly Item[], layers: readonly number[][]): Point[] {
  const columns = columnsOf(items, layers)
  const y = heights(items, columns)
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

function heights(items: readonly Item[], columns: readonly Column[]): number[] {
  const y = items.map(() => 0)
  const settle = (column: Column, wish: (item: number) => number) => {
    const inside = roomed(items, column)
    const wishes = inside.map((item, index) => ({
      at: wish(item),
      weight: weightOf(items[item]),
      room: roomBetween(items[inside[index - 1] ?? -1], items[item]) / column.parts,
    }))
    if (inside !== column.items) for (const item of column.items) y[item] = wish(item)
    for (const [index, at] of inRow(wishes).entries()) y[inside[index] ?? 0] = at
  }
  for (const column of columns) settle(column, () => 0)
  for (let pass = 0; pass < PASSES; pass += 1) {
    for (const column of pass % 2 === 0 ? columns : columns.toReversed()) {
      settle(column, item => wishOf(items[item], y) ?? y[item] ?? 0)
    }
  }
  return y
}

function wishOf(item: Item | undefined, y: readonly number[]): number | null {
  return item === undefined ? null : meanOf([...item.before, ...item.after], y)
}

/** Who has many neighbours has the last word; a bend between two bends would rather be straight. */
function weightOf(item: Item | undefined): number {
  const neighbours = [...(item?.before ?? []), ...(item?.after ?? [])]
  return 1 + neighbours.reduce((sum, { weight }) => sum + weight, 0)
}

function roomBetween(a: Item | undefined, b: Item | undefined): number {
  const half = (item: Item | undefined) => (isBend(item) ? BEND_HEIGHT : CARD.height + ROW_GAP) / 2
  return half(a) + half(b)
}
