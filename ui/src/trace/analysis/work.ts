// Work of services and operations as rows of a table, in the order of a column.

import type { SchemaOperationRef, SchemaWork } from '../../api/schema.d.ts'

export interface WorkRow {
  id: string
  /** Of a service its name is empty, and its kind is none. */
  operation: SchemaOperationRef
  work: SchemaWork
}

export const WORK_COLUMNS = {
  self_ns: { words: 'Self time', title: 'Time in which none of its calls ran' },
  critical_ns: { words: 'Critical path', title: 'What of the root’s duration was spent in it' },
  total_ns: { words: 'Total', title: 'Durations of its spans, added up' },
  span_count: { words: 'Spans', title: '' },
  error_count: { words: 'Errors', title: '' },
} as const satisfies Record<keyof SchemaWork, { words: string; title: string }>

export type WorkColumn = keyof typeof WORK_COLUMNS

/** The largest first; of equals in the order that they came. */
export function sortedWork(rows: readonly WorkRow[], by: WorkColumn): WorkRow[] {
  return rows.toSorted((a, b) => b.work[by] - a.work[by])
}

export const idOf = ({ service, name, kind }: SchemaOperationRef) => JSON.stringify([service, name, kind])
