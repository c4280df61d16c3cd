// The spans of a trace as rows of a table, each alone or by what they do; in the order of a column.

import type { TraceSearch } from '../routes/trace.tsx'
import type { ServiceName } from '../ui/service-colour.ts'
import { at, isError, operationAt } from './columns.ts'
import type { Reading } from './reading.ts'
import { serviceAt, statusAt } from './span.ts'

/** Numbers sort from the largest down at first, words from the first on. */
export const SPAN_COLUMNS = {
  service: { words: 'Service', isNumber: false },
  name: { words: 'Operation', isNumber: false },
  start: { words: 'Start', isNumber: true },
  duration: { words: 'Duration', isNumber: true },
  self: { words: 'Self time', isNumber: true },
  status: { words: 'Status', isNumber: false },
} as const

export const GROUP_COLUMNS = {
  service: { words: 'Service', isNumber: false },
  name: { words: 'Operation', isNumber: false },
  count: { words: 'Spans', isNumber: true },
  errors: { words: 'Errors', isNumber: true },
  total: { words: 'Total', isNumber: true },
  average: { words: 'Average', isNumber: true },
  longest: { words: 'Longest', isNumber: true },
  self: { words: 'Self time', isNumber: true },
  share: { words: 'Of all self time', isNumber: true },
} as const

export type SpanColumn = keyof typeof SPAN_COLUMNS
export type GroupColumn = keyof typeof GROUP_COLUMNS

export interface Order<Column extends string> {
  column: Column
  isDescending: boolean
}

/** What the URL says: a column, with `-` before it from the largest down. */
export function orderOf<Column extends string>(
  text: string | undefined,
  columns: Record<Column, unknown>,
  byDefault: Order<Column>,
): Order<Column> {
  const isDescending = text?.startsWith('-') ?? false
  const name = isDescending ? text?.slice(1) : text
  const column = (Object.keys(columns) as Column[]).find(column => column === name)
  return column === undefined ? byDefault : { column, isDescending }
}

export const orderText = ({ column, isDescending }: Order<string>) => `${isDescending ? '-' : ''}${column}`

const BY_DURATION: Order<SpanColumn> = { column: 'duration', isDescending: true }
const BY_SELF: Order<GroupColumn> = { column: 'self', isDescending: true }

export const spanOrder = (sort: string | undefined) => orderOf(sort, SPAN_COLUMNS, BY_DURATION)
export const groupOrder = (sort: string | undefined) => orderOf(sort, GROUP_COLUMNS, BY_SELF)

/** The row of the trace that each line of the table stands for, in order. */
export function rowsInTable(reading: Reading, { group, sort }: TraceSearch): number[] {
  return group === 'operation'
    ? groupRows(reading, groupOrder(sort)).map(({ longestRow }) => longestRow)
    : spanRows(reading, spanOrder(sort))
}

/** The rows that can be seen, in order. */
export function spanRows(reading: Reading, { column, isDescending }: Order<SpanColumn>): number[] {
  const { trace, sight } = reading
  const rows: number[] = []
  for (let row = 0; row < trace.rowCount; row++) {
    // Ancestors that are only there for the shape of the tree have no shape here.
    if (sight.hidden?.[row] !== 1 && sight.dimmed?.[row] !== 1) rows.push(row)
  }
  return sortedBy(rows, valuesOf(reading, column), isDescending)
}

function valuesOf({ trace, self }: Reading, column: SpanColumn): (row: number) => string | number {
  switch (column) {
    case 'service':
      return row => serviceAt(trace, row) ?? ''
    case 'name':
      return row => operationAt(trace, row)?.name ?? ''
    case 'status':
      return row => statusAt(trace, row)
    case 'self':
      return row => at(self, row)
    case 'start':
      return row => at(trace.start, row)
    case 'duration':
      return row => at(trace.duration, row)
  }
}

export interface GroupRow {
  service: ServiceName
  name: string
  count: number
  errors: number
  total: number
  average: number
  longest: number
  self: number
  /** Of the self time of all rows. */
  share: number
  /** The row of the longest span. */
  longestRow: number
}

/** A row for each operation of a service. */
export function groupRows(reading: Reading, { column, isDescending }: Order<GroupColumn>): GroupRow[] {
  const groups = new Map<string, GroupRow>()
  let allSelf = 0
  const { trace } = reading
  for (const row of spanRows(reading, { column: 'start', isDescending: false })) {
    const { service = null, name = '' } = operationAt(trace, row) ?? {}
    const [self, duration] = [at(reading.self, row), at(trace.duration, row)]
    allSelf += self
    const key = JSON.stringify([service, name])
    const group = groups.get(key) ?? emptyGroup(service, name, row)
    group.count += 1
    group.errors += isError(trace, row) ? 1 : 0
    group.total += duration
    group.self += self
    if (duration > group.longest) {
      group.longest = duration
      group.longestRow = row
    }
    groups.set(key, group)
  }
  const rows = [...groups.values()].map(group => ({
    ...group,
    average: group.total / group.count,
    share: allSelf > 0 ? group.self / allSelf : 0,
  }))
  return sortedBy(rows, row => row[column] ?? '', isDescending)
}

function emptyGroup(service: ServiceName, name: string, longestRow: number): GroupRow {
  return {
    service,
    name,
    longestRow,
    count: 0,
    errors: 0,
    total: 0,
    average: 0,
    longest: 0,
    self: 0,
    share: 0,
  }
}

/** Rows that are equal keep their order. */
function sortedBy<Row>(rows: Row[], keyOf: (row: Row) => string | number, isDescending: boolean): Row[] {
  const sign = isDescending ? -1 : 1
  return rows.sort((a, b) => {
    const [one, other] = [keyOf(a), keyOf(b)]
    return one === other ? 0 : one < other ? -sign : sign
  })
}
