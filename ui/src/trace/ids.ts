// Which row has an id. Ids are looked up as two numbers in a table of numbers: a map of a hundred thousand texts would be as
// large as all columns together.
//
// Several spans may have one id (Zipkin's client and server halves): their kinds tell them apart, and in the URL a number
// behind the id does, in the order of the rows: `a`, `a~2`, `a~3`.

import { at, NONE, operationAt, type Trace } from './columns.ts'

export const ID_DIGITS = 16

/** What the rows of a trace are called by. */
interface Ids {
  high: Int32Array
  low: Int32Array
  /** The first row of an id, at the place that its digits lead to; or at the next that is free. */
  slots: Int32Array
  /** All rows of those ids that several have, by the first. */
  twins: ReadonlyMap<number, readonly number[]>
  /** Which of its id's rows a row is, from 2 on; nothing for the first. */
  numbers: ReadonlyMap<number, number>
}

/** Made when they are first asked for. */
const made = new WeakMap<Trace, Ids>()

function idsOf(trace: Trace): Ids {
  const known = made.get(trace)
  if (known !== undefined) return known
  const ids = readIds(trace)
  made.set(trace, ids)
  return ids
}

function readIds({ ids, rowCount }: Trace): Ids {
  const high = new Int32Array(rowCount)
  const low = new Int32Array(rowCount)
  const slots = new Int32Array(2 ** Math.ceil(Math.log2(2 * rowCount + 2))).fill(NONE)
  const twins = new Map<number, number[]>()
  const numbers = new Map<number, number>()
  for (let row = 0; row < rowCount; row++) {
    high[row] = digitsAt(ids, row * ID_DIGITS)
    low[row] = digitsAt(ids, row * ID_DIGITS + ID_DIGITS / 2)
    const slot = slotOf({ high, low, slots }, at(high, row), at(low, row))
    const first = at(slots, slot)
    if (first === NONE) {
      slots[slot] = row
      continue
    }
    const rows = twins.get(first) ?? [first]
    rows.push(row)
    twins.set(first, rows)
    numbers.set(row, rows.length)
  }
  return { high, low, slots, twins, numbers }
}

/** Eight hexadecimal digits in small letters as a number of 32 bits. */
function digitsAt(text: string, from: number): number {
  let value = 0
  for (let place = from; place < from + ID_DIGITS / 2; place++) {
    const code = text.charCodeAt(place)
    value = (value << 4) | (code <= 57 ? code - 48 : code - 87)
  }
  return value
}

/** Where an id is, or would be. Ids that count up must not lie side by side. */
function slotOf({ high, low, slots }: Pick<Ids, 'high' | 'low' | 'slots'>, upper: number, lower: number) {
  const mask = slots.length - 1
  let slot = (Math.imul(upper, 0x9e3779b1) ^ Math.imul(lower, 0x85ebca6b)) >>> 7
  for (slot &= mask; ; slot = (slot + 1) & mask) {
    const row = at(slots, slot)
    if (row === NONE || (at(high, row) === upper && at(low, row) === lower)) return slot
  }
}

const ID = /^[0-9a-f]{16}$/

/** The rows that have an id, in order. */
export function rowsOfId(trace: Trace, id: string): readonly number[] {
  if (!ID.test(id)) return []
  const ids = idsOf(trace)
  const row = at(ids.slots, slotOf(ids, digitsAt(id, 0), digitsAt(id, ID_DIGITS / 2)))
  return row === NONE ? [] : (ids.twins.get(row) ?? [row])
}

/** The row of a span by id and kind; where none is of that kind, the first of that id. */
export function rowOfHalf(trace: Trace, id: string, kind: number): number | undefined {
  const rows = rowsOfId(trace, id)
  return rows.find(row => operationAt(trace, row)?.kind === kind) ?? rows[0]
}

export const spanIdAt = ({ ids }: Trace, row: number): string =>
  ids.slice(row * ID_DIGITS, (row + 1) * ID_DIGITS)

/** What a row is called in the URL. */
export function keyAt(trace: Trace, row: number): string {
  const number = idsOf(trace).numbers.get(row)
  return number === undefined ? spanIdAt(trace, row) : `${spanIdAt(trace, row)}~${number}`
}

/** The span id in a key. */
export const idInKey = (key: string): string => key.split('~')[0] ?? key

export function rowOfKey(trace: Trace, key: string | undefined): number | undefined {
  if (key === undefined) return undefined
  const [id = '', number = '1'] = key.split('~')
  return rowsOfId(trace, id)[Number(number) - 1]
}

/** The rows that have the id of one before them, in order. */
export const twinsIn = (trace: Trace): Iterable<number> => idsOf(trace).numbers.keys()
