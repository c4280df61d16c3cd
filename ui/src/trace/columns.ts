// A trace in columns: typed arrays of what is drawn of every span, by row. Rows are in the order of the tree, so that what is
// below a row follows it. The server puts the tree together; of a large trace it gives a part, and what is not there is
// counted at the row below which it belongs.
//
// No object stands for a span: a hundred thousand of them take longer to make than all of this, and most are never looked at.

import type { SchemaRootReason } from '../api/schema.d.ts'
import { type EventColumns, ROW_FLAGS, type SpanColumns, type TopItem } from '../api/trace-columns.ts'
import type { ServiceName } from '../ui/service-colour.ts'
import { type EpochNanoseconds, type Nanoseconds, nanoseconds, parseMoment } from '../ui/units.ts'

/** In a column of rows: there is none. */
export const NONE = -1

/** Every span of a service that does the same. */
export interface Operation {
  service: ServiceName
  namespace: string | null
  name: string
  /** OTLP's number. */
  kind: number
}

/** Why a span stands at the top. */
export interface Top {
  reason: SchemaRootReason
  parentSpanId: string | null
}

/** What is not there of a row's subtree, because of children that are not. */
export interface Cut {
  spans: number
  errors: number
  /** The first so many children are there. */
  skip: number
}

/** What was read, before anything is worked out. */
export interface Rows {
  operations: readonly Operation[]
  /** 16 hexadecimal digits a row, one behind the other. */
  ids: string
  /** Rows; `NONE` at the top. */
  parent: Int32Array
  /** Places in `operations`. */
  operation: Int32Array
  /** Nanoseconds from the start of the trace. */
  start: Float64Array
  /** Nanoseconds. */
  duration: Float64Array
  /** See `ROW_FLAGS`. */
  flags: Uint8Array
  tops: ReadonlyMap<number, Top>
  events: Events
  /** By row; `NONE` for tops that are not there. */
  cuts: ReadonlyMap<number, Cut>
}

/** Those of a row are from `first[row]` to before `first[row + 1]`. */
export interface Events {
  first: Int32Array
  /** Nanoseconds from the start of the trace. */
  at: Float64Array
  /** Places in `names`. */
  name: Int32Array
  names: readonly string[]
}

/** What is known of the whole trace, whatever of it is there. */
export interface Totals {
  traceId: string
  /** Null if no span has a start. */
  startedAt: EpochNanoseconds | null
  length: Nanoseconds
  spanCount: number
  errorCount: number
  depth: number
}

export interface Trace extends Totals, Rows {
  rowCount: number
  /** 0 at the top. */
  level: Int32Array
  /** Rows below each, at all levels. */
  below: Int32Array
  /** Spans below each, those that are not there among them. */
  spansBelow: Int32Array
  /** Spans with errors among them. */
  errorsBelow: Int32Array
  /** Whether anything was added to what came first. */
  isOpened: boolean
}

export function readTrace(answer: SpanColumns): Trace {
  return traceOf(totalsOf(answer), readRows(answer), false)
}

function totalsOf(answer: SpanColumns): Totals {
  return {
    traceId: answer.trace_id,
    startedAt: parseMoment(answer.start_time_unix_nano),
    length: nanoseconds(answer.duration_ns),
    spanCount: answer.span_count,
    errorCount: answer.error_count,
    depth: answer.depth,
  }
}

export function readRows({ services, operations, rows, tops, events, cut }: SpanColumns): Rows {
  const cuts = cut.map(
    ({ row, span_count: spans, error_count: errors, skip }) => [row, { spans, errors, skip }] as const,
  )
  return {
    operations: operations.name.map((name, place) => {
      const service = services[operations.service[place] ?? NONE]
      const kind = operations.kind[place] ?? 0
      return { service: service?.name ?? null, namespace: service?.namespace ?? null, name, kind }
    }),
    ids: rows.id,
    parent: new Int32Array(rows.parent),
    operation: new Int32Array(rows.operation),
    start: new Float64Array(rows.start_ns),
    duration: new Float64Array(rows.duration_ns),
    flags: new Uint8Array(rows.flags),
    tops: new Map(tops.map(top => [top.row, topOf(top)])),
    events: readEvents(events, rows.parent.length),
    cuts: new Map(cuts),
  }
}

const topOf = ({ reason, parent_span_id }: TopItem): Top => ({ reason, parentSpanId: parent_span_id })

/** In the order of their rows, whatever order they came in. */
function readEvents({ row, at_ns, name, names }: EventColumns, rowCount: number): Events {
  const first = new Int32Array(rowCount + 1)
  for (const one of row) first[one + 1] = at(first, one + 1) + 1
  for (let next = 1; next <= rowCount; next++) first[next] = at(first, next) + at(first, next - 1)
  const free = first.slice()
  const events = { first, at: new Float64Array(row.length), name: new Int32Array(row.length), names }
  row.forEach((one, place) => {
    const to = at(free, one)
    free[one] = to + 1
    events.at[to] = at_ns[place] ?? 0
    events.name[to] = name[place] ?? 0
  })
  return events
}

/** Works out what follows from the rows. */
export function traceOf(totals: Totals, rows: Rows, isOpened: boolean): Trace {
  const rowCount = rows.parent.length
  return { ...totals, ...rows, rowCount, level: levelsOf(rows), ...countBelow(rows), isOpened }
}

function levelsOf({ parent }: Rows): Int32Array {
  const level = new Int32Array(parent.length)
  for (let row = 0; row < level.length; row++) {
    const above = at(parent, row)
    if (above !== NONE) level[row] = at(level, above) + 1
  }
  return level
}

/** From the last row up, so that a row is complete before its parent adds it. */
function countBelow({ parent, flags, cuts }: Rows) {
  const below = new Int32Array(parent.length)
  const spansBelow = new Int32Array(parent.length)
  const errorsBelow = new Int32Array(parent.length)
  for (const [row, { spans, errors }] of cuts) {
    if (row === NONE) continue
    spansBelow[row] = spans
    errorsBelow[row] = errors
  }
  for (let row = parent.length - 1; row >= 0; row--) {
    const above = at(parent, row)
    if (above === NONE) continue
    const isError = (at(flags, row) & ROW_FLAGS.error) !== 0
    below[above] = at(below, above) + 1 + at(below, row)
    spansBelow[above] = at(spansBelow, above) + 1 + at(spansBelow, row)
    errorsBelow[above] = at(errorsBelow, above) + (isError ? 1 : 0) + at(errorsBelow, row)
  }
  return { below, spansBelow, errorsBelow }
}

/** A column's value; of rows that there are none it is 0. */
export function at(column: Int32Array | Float64Array | Uint8Array, row: number): number {
  return column[row] ?? 0
}

/** Rows that are children of a row, in order; those at the top of `NONE`. */
export function* childrenOf({ below, rowCount }: Trace, row: number): Generator<number> {
  const end = row === NONE ? rowCount : row + 1 + at(below, row)
  for (let child = row + 1; child < end; child += 1 + at(below, child)) yield child
}

/** How many spans of the trace are not there. */
export const missingIn = ({ spanCount, rowCount }: Trace): number => Math.max(0, spanCount - rowCount)

export const isError = ({ flags }: Trace, row: number): boolean => (at(flags, row) & ROW_FLAGS.error) !== 0

/** Where a row's bar ends, in nanoseconds from the start of the trace. */
export const endOf = ({ start, duration }: Trace, row: number): number => at(start, row) + at(duration, row)

export function operationAt({ operations, operation }: Trace, row: number): Operation | undefined {
  return operations[operation[row] ?? NONE]
}
