// A search that is narrowed to a rectangle of the scatter.

import { searchOf, type TimeRangeSearch } from '../api/time-range.ts'
import { epochMilliseconds } from '../ui/units.ts'
import { durationText } from './durations.ts'
import type { Brushed } from './scatter/scale.ts'
import { comparisonIn, withClause, withoutClauses } from './traceql/query.ts'

const ORDERINGS = ['>', '>=', '<', '<=']

/** The bounds of the duration take the place of those that the query had. */
export function narrowed(query: string, brushed: Brushed): TimeRangeSearch & { q: string } {
  const start = epochMilliseconds(Math.floor(brushed.start))
  const end = epochMilliseconds(Math.max(Math.ceil(brushed.end), start + 1))
  const bounds = [
    `traceDuration >= ${durationText(brushed.msMin, 'down')}`,
    `traceDuration <= ${durationText(brushed.msMax, 'up')}`,
  ]
  const q = bounds.reduce(withClause, withoutClauses(query, isBound))
  return { q, ...searchOf({ kind: 'absolute', start, end }) }
}

function isBound(clause: string): boolean {
  const compared = comparisonIn(clause)
  const isOfTrace = compared?.field === 'traceDuration' || compared?.field === 'trace:duration'
  return isOfTrace && ORDERINGS.includes(compared.op)
}
