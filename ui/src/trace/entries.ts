// What a line of the waterfall stands for: a row of the trace, or spans below a row that are not there. Both have a key, so
// that both can be selected; only a row is a span.

import { NONE, type Trace } from './columns.ts'
import { keyAt, rowOfKey } from './ids.ts'

/** A row; or, below 0, what is missing below a row or at the top. */
export type Entry = number

const MORE = '~more'

export const isCut = (entry: Entry): boolean => entry < 0

/** What is missing below a row; at the top of `NONE`. */
export const entryOfCut = (row: number): Entry => NONE - 1 - row

/** The row below which something is missing. */
export const rowOfCut = (entry: Entry): number => NONE - 1 - entry

/** As the URL says it. */
export function keyOfEntry(trace: Trace, entry: Entry): string {
  if (!isCut(entry)) return keyAt(trace, entry)
  const row = rowOfCut(entry)
  return row === NONE ? MORE : keyAt(trace, row) + MORE
}

/** What a key stands for; undefined if nothing has it. */
export function entryOfKey(trace: Trace, key: string | undefined): Entry | undefined {
  if (key === undefined || !key.endsWith(MORE)) return rowOfKey(trace, key)
  const of = key.slice(0, -MORE.length)
  const row = of === '' ? NONE : rowOfKey(trace, of)
  return row !== undefined && trace.cuts.has(row) ? entryOfCut(row) : undefined
}

/** Whether a key is of spans that are missing, or were. */
export const isKeyOfCut = (key: string): boolean => key.endsWith(MORE)
