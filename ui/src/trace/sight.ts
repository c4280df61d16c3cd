// Which spans can be seen at all, whatever is folded: those whose service is not pruned and, where only some are asked for,
// those and their ancestors.

import type { ServiceName } from '../ui/service-colour.ts'
import { at, isError, NONE, type Trace } from './columns.ts'
import { serviceAt } from './span.ts'

/** A flag for each row of a trace. */
export type Flags = Uint8Array

/** What was taken out below a span. */
export interface Pruned {
  spans: number
  errors: number
}

export interface Sight {
  /** Rows that no folding shows; null: there are none. */
  hidden: Flags | null
  /** Rows that are only there because something below them was asked for; null: there are none. */
  dimmed: Flags | null
  /** By the row of the parent that is still shown. */
  pruned: ReadonlyMap<number, Pruned>
  /** All of them, those of pruned roots and those that are not there, too. */
  prunedSpans: number
}

interface Question {
  hiddenServices: ReadonlySet<ServiceName>
  /** Only these and their ancestors; null: all. */
  only: Flags | null
}

export function sightOf(trace: Trace, { hiddenServices, only }: Question): Sight {
  const hidden = new Uint8Array(trace.rowCount)
  const { pruned, prunedSpans } = prune(trace, hiddenServices, hidden)
  const dimmed = only === null ? null : keep(trace, only, hidden)
  const isAll = prunedSpans === 0 && only === null
  return { hidden: isAll ? null : hidden, dimmed, pruned, prunedSpans }
}

function prune(trace: Trace, services: ReadonlySet<ServiceName>, hidden: Flags) {
  const pruned = new Map<number, Pruned>()
  let prunedSpans = 0
  for (let row = 0; services.size > 0 && row < trace.rowCount; ) {
    if (!services.has(serviceAt(trace, row))) {
      row += 1
      continue
    }
    const spans = 1 + at(trace.spansBelow, row)
    const parent = at(trace.parent, row)
    const end = row + 1 + at(trace.below, row)
    hidden.fill(1, row, end)
    prunedSpans += spans
    if (parent !== NONE) {
      const before = pruned.get(parent) ?? { spans: 0, errors: 0 }
      const errors = before.errors + at(trace.errorsBelow, row) + (isError(trace, row) ? 1 : 0)
      pruned.set(parent, { spans: before.spans + spans, errors })
    }
    row = end
  }
  return { pruned, prunedSpans }
}

/** Hides what is neither asked for nor above it; returns what is only above it. */
function keep({ parent, rowCount }: Trace, only: Flags, hidden: Flags): Flags {
  const above = new Uint8Array(rowCount)
  for (let row = rowCount - 1; row >= 0; row--) {
    const isKept = hidden[row] === 0 && (only[row] === 1 || above[row] === 1)
    if (!isKept) hidden[row] = 1
    else if (at(parent, row) !== NONE) above[at(parent, row)] = 1
    if (only[row] === 1) above[row] = 0
  }
  return above
}

/** The rows that have a flag, in order. */
export function rowsWith(flags: Flags): number[] {
  const rows: number[] = []
  flags.forEach((flag, row) => {
    if (flag === 1) rows.push(row)
  })
  return rows
}
