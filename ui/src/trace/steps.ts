// Where a key leads in the tree: what is selected next, and what is folded then.

import { at, childrenOf, isError, NONE, type Trace } from './columns.ts'
import { type Entry, entryOfCut, entryOfKey, isCut, keyOfEntry, rowOfCut } from './entries.ts'
import { canOpen, type Folding, isOpen, revealed, shownEntries, toggled } from './fold.ts'
import { keyAt, rowOfKey } from './ids.ts'
import type { Flags } from './sight.ts'

export type Step =
  | 'next'
  | 'previous'
  | 'first'
  | 'last'
  | 'collapse'
  | 'expand'
  | 'next error'
  | 'previous error'
  | 'next match'
  | 'previous match'

/** What is looked at. */
export interface View {
  /** Key of what is selected; undefined if nothing is. */
  selected: string | undefined
  folding: Folding
}

/** What a step may lead to. */
export interface Ground {
  trace: Trace
  /** Rows that cannot be shown; null: there are none. */
  hidden: Flags | null
  /** Rows that were looked for and found; null: nothing was looked for. */
  found: Flags | null
}

/** The view after a step; the same object if there is nowhere to go. */
export function step(ground: Ground, view: View, step: Step): View {
  const { trace, found } = ground
  const isFailed = (row: number) => isError(trace, row)
  const isFound = (row: number) => found?.[row] === 1
  switch (step) {
    case 'collapse':
      return collapse(trace, view)
    case 'expand':
      return expand(ground, view)
    case 'next error':
      return toNext(ground, view, 1, isFailed)
    case 'previous error':
      return toNext(ground, view, -1, isFailed)
    case 'next match':
      return toNext(ground, view, 1, isFound)
    case 'previous match':
      return toNext(ground, view, -1, isFound)
    default:
      return toLine(ground, view, step)
  }
}

/** Selects a span, and opens what hides it. */
export function reveal(trace: Trace, view: View, key: string): View {
  const row = rowOfKey(trace, key)
  if (row === undefined) return view
  return select(trace, { ...view, folding: revealed(trace, view.folding, row) }, row)
}

/** Selects what is shown. */
function select(trace: Trace, view: View, entry: Entry | undefined): View {
  const key = entry === undefined ? undefined : keyOfEntry(trace, entry)
  return key === undefined || key === view.selected ? view : { ...view, selected: key }
}

type LineStep = 'next' | 'previous' | 'first' | 'last'

function toLine({ trace, hidden }: Ground, view: View, step: LineStep): View {
  const shown = shownEntries(trace, view.folding, hidden)
  const entry = entryOfKey(trace, view.selected)
  return toLineOf(trace, view, shown, entry === undefined ? -1 : nearestLine(shown, entry), step)
}

/** The same where the rows stand in an order of their own: no row is near another then. */
export function stepInTable(trace: Trace, view: View, rows: readonly number[], step: LineStep): View {
  return toLineOf(trace, view, rows, rows.indexOf(rowOfKey(trace, view.selected) ?? -1), step)
}

/** From a line, -1 being none. */
function toLineOf(trace: Trace, view: View, shown: readonly Entry[], line: number, step: LineStep): View {
  switch (step) {
    case 'first':
      return select(trace, view, shown[0])
    case 'last':
      return select(trace, view, shown.at(-1))
    case 'next':
      return select(trace, view, shown[line + 1])
    case 'previous':
      return select(trace, view, line < 0 ? shown.at(-1) : shown[line - 1])
  }
}

/** The line of what is selected; if it is folded away, that of the ancestor which hides it. */
function nearestLine(shown: readonly Entry[], entry: Entry): number {
  const line = shown.indexOf(entry)
  if (line >= 0) return line
  const row = isCut(entry) ? rowOfCut(entry) : entry
  return shown.findLastIndex(other => !isCut(other) && other <= row)
}

/** Closes the selected span; if it is closed or has no children, goes to its parent. */
function collapse(trace: Trace, view: View): View {
  const entry = entryOfKey(trace, view.selected)
  if (entry === undefined) return view
  if (isCut(entry)) return toParent(trace, view, rowOfCut(entry))
  if (canOpen(trace, entry) && isOpen(trace, view.folding, entry)) {
    return { ...view, folding: toggled(view.folding, keyAt(trace, entry)) }
  }
  return toParent(trace, view, at(trace.parent, entry))
}

function toParent(trace: Trace, view: View, parent: number): View {
  return select(trace, view, parent === NONE ? undefined : parent)
}

/** Opens the selected span; if it is open, goes to its first child. */
function expand({ trace, hidden }: Ground, view: View): View {
  const row = rowOfKey(trace, view.selected)
  if (row === undefined || !canOpen(trace, row)) return view
  if (!isOpen(trace, view.folding, row)) {
    return { ...view, folding: toggled(view.folding, keyAt(trace, row)) }
  }
  return select(trace, view, firstChild(trace, hidden, row))
}

/** Of those that can be shown; where none is there, that some are missing. */
function firstChild(trace: Trace, hidden: Flags | null, row: number): Entry | undefined {
  for (const child of childrenOf(trace, row)) if (hidden?.[child] !== 1) return child
  return trace.cuts.has(row) ? entryOfCut(row) : undefined
}

/** Goes round at the ends, and opens what hides the span. */
function toNext(
  { trace, hidden }: Ground,
  view: View,
  direction: 1 | -1,
  fits: (row: number) => boolean,
): View {
  const count = trace.rowCount
  const from = startOf(trace, view, direction)
  for (let distance = 1; distance <= count; distance++) {
    const row = (from + direction * distance + 2 * count) % count
    if (hidden?.[row] === 1 || !fits(row)) continue
    return select(trace, { ...view, folding: revealed(trace, view.folding, row) }, row)
  }
  return view
}

function startOf(trace: Trace, view: View, direction: 1 | -1): number {
  const entry = entryOfKey(trace, view.selected)
  if (entry === undefined) return direction === 1 ? -1 : trace.rowCount
  if (!isCut(entry)) return entry
  // What is missing would stand behind all that is there.
  const row = rowOfCut(entry)
  const last = row === NONE ? trace.rowCount - 1 : row + at(trace.below, row)
  return direction === 1 ? last : last + 1
}
