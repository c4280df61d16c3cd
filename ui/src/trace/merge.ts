// A trace with an answer more: what is below one of its rows, or tops that were left out.
//
// Spans of both are the same by id, kind and parent. What is new stands below its parent, among its siblings by start. What
// is still missing below a row is what was missing before, less what is there now: so nothing is counted twice, in whatever
// order parts of a trace come.

import { ROW_FLAGS, type SpanColumns } from '../api/trace-columns.ts'
import {
  at,
  type Cut,
  childrenOf,
  NONE,
  type Operation,
  operationAt,
  type Rows,
  readTrace,
  type Trace,
  traceOf,
} from './columns.ts'
import { ID_DIGITS, rowsOfId, spanIdAt } from './ids.ts'

/** The rows of both, numbered: those of the trace as they are, new ones behind. */
interface Union {
  trace: Trace
  part: Trace
  /** The number of each row of the part. */
  numberOf: Int32Array
  /** The part's row of each new number, by the place behind the trace's rows. */
  added: number[]
  /** The parent of each new one, by the same. */
  parents: number[]
}

/** How an answer belongs to what is there. */
export interface Belonging {
  /** The row below which its first row belongs, if that is new itself. */
  under?: number
  /** How many children of what was asked for were left out, since they are there. */
  skipped?: number
}

export function merged(
  trace: Trace,
  answer: SpanColumns,
  { under = NONE, skipped = 0 }: Belonging = {},
): Trace {
  const part = readTrace(answer)
  const union = unionOf(trace, part, under)
  const order = orderOf(union)
  const rows = gathered(union, order)
  const totals = { ...trace, spanCount: part.spanCount, errorCount: part.errorCount, depth: part.depth }
  return traceOf(totals, { ...rows, cuts: cutsOf(union, order, rows, skipped) }, true)
}

function unionOf(trace: Trace, part: Trace, under: number): Union {
  const numberOf = new Int32Array(part.rowCount)
  const union: Union = { trace, part, numberOf, added: [], parents: [] }
  const taken = new Uint8Array(trace.rowCount)
  for (let row = 0; row < part.rowCount; row++) {
    const above = at(part.parent, row)
    const parent = above === NONE ? under : at(numberOf, above)
    const same = above !== NONE && parent >= trace.rowCount ? undefined : sameRow(union, row, parent, taken)
    if (same !== undefined) taken[same] = 1
    numberOf[row] = same ?? trace.rowCount + union.added.length
    if (same !== undefined) continue
    union.added.push(row)
    union.parents.push(parent)
  }
  return union
}

/** The row of the trace that is a part's row. What was asked for is known by its id, wherever it stands. */
function sameRow({ trace, part }: Union, row: number, parent: number, taken: Uint8Array): number | undefined {
  const kind = operationAt(part, row)?.kind
  const isAsked = at(part.parent, row) === NONE && !part.tops.has(row)
  return rowsOfId(trace, spanIdAt(part, row)).find(
    other =>
      at(taken, other) === 0 &&
      operationAt(trace, other)?.kind === kind &&
      (isAsked || at(trace.parent, other) === parent),
  )
}

/** All numbers in the order of the rows that they will have. Without recursion: a trace may be as deep as it has spans. */
function orderOf(union: Union): Int32Array {
  const { first, next } = siblingsOf(union)
  const order = new Int32Array(union.trace.rowCount + union.added.length)
  let placed = 0
  const waiting = [at(first, 0)]
  for (let number = waiting.pop(); number !== undefined; number = waiting.pop()) {
    if (number === NONE) continue
    order[placed] = number
    placed += 1
    // The last one in is the first one out: children come before the next sibling.
    waiting.push(at(next, number), at(first, number + 1))
  }
  return order
}

/** The first child of each number, one place further on (that of `NONE` is the first), and the next sibling of each. */
function siblingsOf(union: Union): { first: Int32Array; next: Int32Array } {
  const { trace, added, parents } = union
  const count = trace.rowCount + added.length
  const first = new Int32Array(count + 1).fill(NONE)
  const next = new Int32Array(count).fill(NONE)
  for (let row = trace.rowCount - 1; row >= 0; row--) {
    const parent = at(trace.parent, row)
    next[row] = at(first, parent + 1)
    first[parent + 1] = row
  }
  /** Behind which sibling the last new child of a parent was put: they come by start, so that none is looked through twice. */
  const last = new Map<number, number>()
  parents.forEach((parent, place) => {
    const number = trace.rowCount + place
    const start = startOf(union, number)
    let before = last.get(parent) ?? NONE
    let after = before === NONE ? at(first, parent + 1) : at(next, before)
    while (after !== NONE && startOf(union, after) <= start) {
      before = after
      after = at(next, after)
    }
    next[number] = after
    if (before === NONE) first[parent + 1] = number
    else next[before] = number
    last.set(parent, number)
  })
  return { first, next }
}

function startOf({ trace, part, added }: Union, number: number): number {
  return number < trace.rowCount
    ? at(trace.start, number)
    : at(part.start, added[number - trace.rowCount] ?? NONE)
}

/** The columns of both in an order of their numbers, but for what is cut. */
function gathered(union: Union, order: Int32Array): Omit<Rows, 'cuts'> {
  const { trace, part, added, parents } = union
  const known = trace.rowCount
  const rowOf = rowsByNumber(order)
  const operations = [...trace.operations]
  const operationOf = joined(operations, part.operations)
  const column = <Column extends Float64Array | Uint8Array>(into: Column, ours: Column, theirs: Column) => {
    order.forEach((number, row) => {
      into[row] = number < known ? at(ours, number) : at(theirs, added[number - known] ?? NONE)
    })
    return into
  }
  const count = order.length
  const rows = {
    operations,
    ids: idsIn(union, order),
    parent: new Int32Array(count),
    operation: new Int32Array(count),
    start: column(new Float64Array(count), trace.start, part.start),
    duration: column(new Float64Array(count), trace.duration, part.duration),
    flags: column(new Uint8Array(count), trace.flags, part.flags),
    tops: topsIn(union, rowOf),
    events: eventsIn(union, order),
  }
  order.forEach((number, row) => {
    const isKnown = number < known
    const theirs = isKnown ? NONE : (added[number - known] ?? NONE)
    const parent = isKnown ? at(trace.parent, number) : (parents[number - known] ?? NONE)
    rows.parent[row] = parent === NONE ? NONE : at(rowOf, parent)
    rows.operation[row] = isKnown
      ? at(trace.operation, number)
      : (operationOf[at(part.operation, theirs)] ?? 0)
  })
  return rows
}

function rowsByNumber(order: Int32Array): Int32Array {
  const rowOf = new Int32Array(order.length)
  order.forEach((number, row) => {
    rowOf[number] = row
  })
  return rowOf
}

/** Appends what is new; returns the place of each of theirs. */
function joined(ours: Operation[], theirs: readonly Operation[]): number[] {
  const keyOf = ({ service, namespace, name, kind }: Operation) =>
    JSON.stringify([service, namespace, name, kind])
  const places = new Map(ours.map((operation, place) => [keyOf(operation), place]))
  return theirs.map(operation => {
    const known = places.get(keyOf(operation))
    return known ?? ours.push(operation) - 1
  })
}

function idsIn({ trace, part, added }: Union, order: Int32Array): string {
  const ids: string[] = []
  for (const number of order) {
    const isKnown = number < trace.rowCount
    ids.push(isKnown ? spanIdAt(trace, number) : spanIdAt(part, added[number - trace.rowCount] ?? 0))
  }
  const text = ids.join('')
  if (text.length !== order.length * ID_DIGITS) throw new Error('every id has 16 digits')
  return text
}

function topsIn({ trace, part, numberOf }: Union, rowOf: Int32Array): Rows['tops'] {
  const ours = [...trace.tops].map(([row, top]) => [at(rowOf, row), top] as const)
  const theirs = [...part.tops].map(([row, top]) => [at(rowOf, at(numberOf, row)), top] as const)
  return new Map([...ours, ...theirs])
}

function eventsIn({ trace, part, added }: Union, order: Int32Array): Rows['events'] {
  const names = [...new Set([...trace.events.names, ...part.events.names])]
  const placeOf = new Map(names.map((name, place) => [name, place]))
  const first = new Int32Array(order.length + 1)
  const moments: number[] = []
  const name: number[] = []
  order.forEach((number, row) => {
    const [{ events }, own] =
      number < trace.rowCount
        ? ([trace, number] as const)
        : ([part, added[number - trace.rowCount] ?? NONE] as const)
    for (let event = at(events.first, own); event < at(events.first, own + 1); event++) {
      moments.push(at(events.at, event))
      name.push(placeOf.get(events.names[at(events.name, event)] ?? '') ?? 0)
    }
    first[row + 1] = moments.length
  })
  return { first, at: new Float64Array(moments), name: new Int32Array(name), names }
}

/** Of a row: how much its subtree has in all, and how many of its first children are there. */
interface Known {
  spans: number
  errors: number
  skip: number
}

/** What is still not there: of every row that something was missing of, what its subtree has less what is there. */
function cutsOf(union: Union, order: Int32Array, rows: Omit<Rows, 'cuts'>, skipped: number): Rows['cuts'] {
  const known = knownOf(union, rowsByNumber(order), skipped)
  const count = order.length
  const [spans, errors] = [new Float64Array(count + 1), new Float64Array(count + 1)]
  const cuts = new Map<number, Cut>()
  // From the last row up, so that what is below a row is complete before its parent adds it. The last is for all tops.
  for (let row = count - 1; row >= NONE; row--) {
    const place = row === NONE ? count : row
    const all = known.get(row)
    if (all !== undefined && all.spans > at(spans, place)) {
      const missing = all.spans - at(spans, place)
      cuts.set(row, { spans: missing, errors: Math.max(0, all.errors - at(errors, place)), skip: all.skip })
      spans[place] = all.spans
      errors[place] = Math.max(all.errors, at(errors, place))
    }
    if (row === NONE) break
    const above = at(rows.parent, row) === NONE ? count : at(rows.parent, row)
    const isError = (at(rows.flags, row) & ROW_FLAGS.error) !== 0
    spans[above] = at(spans, above) + 1 + at(spans, row)
    errors[above] = at(errors, above) + (isError ? 1 : 0) + at(errors, row)
  }
  return cuts
}

/** Of the rows that something was missing of, before or in the answer. */
function knownOf({ trace, part, numberOf }: Union, rowOf: Int32Array, skipped: number): Map<number, Known> {
  const known = new Map<number, Known>()
  const rowOfNumber = (number: number) => (number === NONE ? NONE : at(rowOf, number))
  for (const [row, { skip }] of trace.cuts) known.set(rowOfNumber(row), { ...allBelow(trace, row), skip })
  for (const row of part.cuts.keys()) {
    const number = row === NONE ? NONE : at(numberOf, row)
    const all = number < trace.rowCount ? allBelow(trace, number) : allBelow(part, row)
    known.set(rowOfNumber(number), { ...all, skip: skipOf(part, row, skipped) })
  }
  return known
}

/** What was asked for came without its first children, which were there. */
function skipOf(part: Trace, row: number, skipped: number): number {
  const isAsked = row === NONE || (at(part.parent, row) === NONE && !part.tops.has(row))
  let children = isAsked ? skipped : 0
  for (const _ of childrenOf(part, row)) children += 1
  return children
}

function allBelow(trace: Trace, row: number): { spans: number; errors: number } {
  return row === NONE
    ? { spans: trace.spanCount, errors: trace.errorCount }
    : { spans: at(trace.spansBelow, row), errors: at(trace.errorsBelow, row) }
}
