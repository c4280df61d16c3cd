// Which rows of a trace are shown. In the URL: `depth=2` opens two levels, and `fold=a,b` lists the spans that differ
// from that: closed where the level is open, open where it is closed.

import { at, NONE, type Trace } from './columns.ts'
import { type Entry, entryOfCut } from './entries.ts'
import { keyAt } from './ids.ts'
import type { Flags } from './sight.ts'

/** Above it a trace opens at first to `DEPTH_OF_LARGE` only. */
const LARGE_SPANS = 50_000
export const DEPTH_OF_LARGE = 3

/** Whether only the first levels of a trace are open because it is large. */
export function isCutOff({ spanCount }: Trace, { depth }: Folding): boolean {
  return depth === undefined && spanCount > LARGE_SPANS
}

export interface Folding {
  /** Levels that are open; undefined: all of them, or a few of a large trace. */
  depth: number | undefined
  /** Keys of the spans that differ. */
  folded: ReadonlySet<string>
}

export function foldingOf(search: { depth?: number | undefined; fold?: string | undefined }): Folding {
  const keys = search.fold?.split(',').filter(key => key !== '') ?? []
  return { depth: search.depth, folded: new Set(keys) }
}

/** The folding as the URL says it. */
export function searchOfFolding(folding: Folding): { depth: number | undefined; fold: string | undefined } {
  const fold = [...folding.folded].join(',')
  return { depth: folding.depth, fold: fold === '' ? undefined : fold }
}

/** The level that the number keys set; all levels are the default. */
export function foldedToLevel(level: number | undefined): Folding {
  return { depth: level, folded: new Set() }
}

/** Whether there is something below a row, here or not. */
export const canOpen = ({ spansBelow }: Trace, row: number): boolean => at(spansBelow, row) > 0

/** Whether the children of a row are shown, if it is itself. */
export function isOpen(trace: Trace, folding: Folding, row: number): boolean {
  const depth = folding.depth ?? (isCutOff(trace, folding) ? DEPTH_OF_LARGE : Number.POSITIVE_INFINITY)
  const isOpenLevel = at(trace.level, row) + 1 < depth
  return folding.folded.size === 0 ? isOpenLevel : isOpenLevel !== folding.folded.has(keyAt(trace, row))
}

/** Opens what is closed, closes what is open. */
export function toggled(folding: Folding, key: string): Folding {
  const folded = new Set(folding.folded)
  if (!folded.delete(key)) folded.add(key)
  return { ...folding, folded }
}

/** Opens every ancestor of a row, so that it is shown. */
export function revealed(trace: Trace, folding: Folding, row: number): Folding {
  let revealing = folding
  for (let above = at(trace.parent, row); above !== NONE; above = at(trace.parent, above)) {
    if (!isOpen(trace, revealing, above)) revealing = toggled(revealing, keyAt(trace, above))
  }
  return revealing
}

/** What is shown, in order. Of what is hidden there is nothing below to show either. */
export function shownEntries(trace: Trace, folding: Folding, hidden: Flags | null = null): Entry[] {
  const shown: Entry[] = []
  /** Open rows that something is missing below, from the outermost in. */
  const waiting: number[] = []
  const endWaiting = (row: number) => {
    for (
      let cut = waiting.at(-1);
      cut !== undefined && row > cut + at(trace.below, cut);
      cut = waiting.at(-1)
    ) {
      waiting.pop()
      shown.push(entryOfCut(cut))
    }
  }
  for (let row = 0; row < trace.rowCount; ) {
    endWaiting(row)
    if (hidden?.[row] === 1) {
      row += 1 + at(trace.below, row)
      continue
    }
    shown.push(row)
    const isClosed = canOpen(trace, row) && !isOpen(trace, folding, row)
    if (!isClosed && trace.cuts.has(row)) waiting.push(row)
    row += isClosed ? 1 + at(trace.below, row) : 1
  }
  endWaiting(trace.rowCount)
  if (trace.cuts.has(NONE)) shown.push(entryOfCut(NONE))
  return shown
}
