// Where rows lead.

import { searchOf, type TimeRange } from '../api/time-range.ts'

/** The topology shows the last five minutes where its URL says nothing. */
const TOPOLOGY_RANGE = '5m'

export function edgeSearch(edge: string, range: TimeRange) {
  return { edge, ...searchOf(range, TOPOLOGY_RANGE) }
}

/** A search for traces. */
export function tracesSearch(q: string, range: TimeRange) {
  return { q, ...searchOf(range) }
}
