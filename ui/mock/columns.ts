// A trace in columns, as the server gives it: all of it, or as much as an answer holds.

import type { SchemaTracesData } from '../src/api/schema.d.ts'
import {
  type ColumnsQuestion,
  type EventColumns,
  ROW_FLAGS,
  ROWS_MAX,
  type ServiceItem,
  type SpanColumns,
} from '../src/api/trace-columns.ts'
import { between, type EpochNanoseconds, parseMoment } from '../src/ui/units.ts'
import { readTrace, type Span } from './span.ts'
import { type Tree, type TreeNode, treeOf } from './tree.ts'

const NONE = -1
const EVENTS_MAX = 16
const ID_DIGITS = 16

/** All of a trace that was sent. */
export function wholeOf(id: string, data: SchemaTracesData): SpanColumns {
  const trace = readTrace(data)
  const tree = treeOf(trace.spans)
  const { nodes } = tree
  const { services, operations, operationOf } = operationsIn(nodes)
  return {
    trace_id: id.toLowerCase().padStart(32, '0'),
    start_time_unix_nano: String(trace.startedAt ?? 0n),
    duration_ns: trace.duration,
    span_count: nodes.length,
    error_count: nodes.filter(({ span }) => span.status === 'error').length,
    depth: tree.depth,
    services,
    operations,
    rows: {
      id: nodes.map(({ span }) => span.spanId).join(''),
      parent: nodes.map(({ parent }) => parent ?? NONE),
      operation: nodes.map(({ span }) => operationOf(span)),
      start_ns: nodes.map(({ span }) => span.start),
      duration_ns: nodes.map(({ span }) => span.duration),
      flags: nodes.map(({ span }) => flagsOf(span)),
    },
    tops: nodes.flatMap(topItem),
    events: eventsIn(tree, trace.startedAt),
    cut: [],
  }
}

function operationsIn(nodes: readonly TreeNode[]) {
  const services: ServiceItem[] = []
  const operations: SpanColumns['operations'] = { service: [], name: [], kind: [] }
  const [serviceAt, operationAt] = [new Map<string, number>(), new Map<string, number>()]
  for (const { span } of nodes) {
    const service = serviceKey(span)
    if (!serviceAt.has(service)) {
      serviceAt.set(service, services.push({ name: span.service, namespace: span.namespace }) - 1)
    }
    const operation = operationKey(span)
    if (operationAt.has(operation)) continue
    operationAt.set(operation, operations.name.push(span.name) - 1)
    operations.service.push(serviceAt.get(service) ?? 0)
    operations.kind.push(span.otlp.kind ?? 0)
  }
  return { services, operations, operationOf: (span: Span) => operationAt.get(operationKey(span)) ?? 0 }
}

const serviceKey = ({ service, namespace }: Span) => JSON.stringify([service, namespace])
const operationKey = (span: Span) => JSON.stringify([serviceKey(span), span.name, span.otlp.kind ?? 0])

function flagsOf({ status, oddity, otlp }: Span): number {
  const flag = (holds: unknown, bit: number) => (holds ? bit : 0)
  return (
    flag(status === 'ok', ROW_FLAGS.ok) |
    flag(status === 'error', ROW_FLAGS.error) |
    flag(oddity === 'no start', ROW_FLAGS.noStart) |
    flag(oddity === 'no end', ROW_FLAGS.noEnd) |
    flag(oddity === 'ends before it starts', ROW_FLAGS.endsBeforeItStarts) |
    flag(otlp.events?.length, ROW_FLAGS.hasEvents) |
    flag(otlp.links?.length, ROW_FLAGS.hasLinks) |
    flag(
      otlp.droppedAttributesCount || otlp.droppedEventsCount || otlp.droppedLinksCount,
      ROW_FLAGS.lostSomething,
    )
  )
}

const REASONS = { root: 'no_parent', 'parent missing': 'parent_missing', circle: 'circle' } as const

function topItem({ top, span }: TreeNode, row: number): SpanColumns['tops'] {
  if (top === null) return []
  return [{ row, reason: REASONS[top], parent_span_id: top === 'parent missing' ? span.parentSpanId : null }]
}

function eventsIn({ nodes }: Tree, startedAt: EpochNanoseconds | null): EventColumns {
  const events: EventColumns = { row: [], at_ns: [], name: [], names: [] }
  nodes.forEach(({ span }, row) => {
    for (const { name = '', timeUnixNano } of span.otlp.events?.slice(0, EVENTS_MAX) ?? []) {
      const moment = parseMoment(timeUnixNano)
      if (moment === null || startedAt === null) continue
      if (!events.names.includes(name)) events.names.push(name)
      events.row.push(row)
      events.at_ns.push(between(startedAt, moment))
      events.name.push(events.names.indexOf(name))
    }
  })
  return events
}

/** What of a whole trace an answer holds; null if it has no such span. Levels are filled from the top until it is full. */
export function partOf(
  whole: SpanColumns,
  { depth = Number.POSITIVE_INFINITY, under, kind, skip = 0 }: ColumnsQuestion,
  rowsMax = ROWS_MAX,
): SpanColumns | null {
  const base = under === undefined ? NONE : rowOf(whole, under, kind)
  if (base === undefined) return null
  const shape = shapeOf(whole)
  const kept = new Uint8Array(shape.below.length)
  let level = base === NONE ? childrenOf(shape, NONE).slice(skip) : [base]
  let room = rowsMax
  for (let levels = 0; levels < depth && level.length > 0 && room > 0; levels++) {
    const fits = level.slice(0, room)
    for (const row of fits) kept[row] = 1
    room -= fits.length
    level = fits.flatMap(row => childrenOf(shape, row).slice(row === base ? skip : 0))
  }
  return answerOf(whole, kept, { base, skip, shape })
}

function rowOf({ rows, operations }: SpanColumns, id: string, kind: number | undefined): number | undefined {
  const fits = (row: number) => kind === undefined || operations.kind[rows.operation[row] ?? NONE] === kind
  for (let at = rows.id.indexOf(id); at !== NONE; at = rows.id.indexOf(id, at + 1)) {
    if (at % ID_DIGITS === 0 && fits(at / ID_DIGITS)) return at / ID_DIGITS
  }
  return undefined
}

/** How many rows, and how many errors, are below each row. */
interface Shape {
  below: Int32Array
  errors: Int32Array
}

const shapes = new WeakMap<SpanColumns, Shape>()

function shapeOf(whole: SpanColumns): Shape {
  const known = shapes.get(whole)
  if (known !== undefined) return known
  const { parent, flags } = whole.rows
  const [below, errors] = [new Int32Array(parent.length), new Int32Array(parent.length)]
  for (let row = parent.length - 1; row >= 0; row--) {
    const above = parent[row] ?? NONE
    if (above === NONE) continue
    below[above] = (below[above] ?? 0) + 1 + (below[row] ?? 0)
    errors[above] = (errors[above] ?? 0) + errorsIn(flags[row]) + (errors[row] ?? 0)
  }
  const shape = { below, errors }
  shapes.set(whole, shape)
  return shape
}

const errorsIn = (flags: number | undefined) => (((flags ?? 0) & ROW_FLAGS.error) === 0 ? 0 : 1)

function childrenOf({ below }: Shape, row: number): number[] {
  const children: number[] = []
  const end = row === NONE ? below.length : row + 1 + (below[row] ?? 0)
  for (let child = row + 1; child < end; child += 1 + (below[child] ?? 0)) children.push(child)
  return children
}

interface Place {
  base: number
  skip: number
  shape: Shape
}

function answerOf(whole: SpanColumns, kept: Uint8Array, place: Place): SpanColumns {
  const { rows, tops, events } = whole
  const order: number[] = []
  const numberOf = new Int32Array(kept.length).fill(NONE)
  kept.forEach((isKept, row) => {
    if (isKept === 1) numberOf[row] = order.push(row) - 1
  })
  const column = (values: readonly number[]) => order.map(row => values[row] ?? 0)
  const shown = events.row.flatMap((row, event) => (kept[row] === 1 ? [event] : []))
  return {
    ...whole,
    rows: {
      id: order.map(row => rows.id.slice(row * ID_DIGITS, (row + 1) * ID_DIGITS)).join(''),
      parent: order.map(row => numberOf[rows.parent[row] ?? NONE] ?? NONE),
      operation: column(rows.operation),
      start_ns: column(rows.start_ns),
      duration_ns: column(rows.duration_ns),
      flags: column(rows.flags),
    },
    tops: tops.flatMap(top =>
      kept[top.row] === 1 && place.base === NONE ? [{ ...top, row: numberOf[top.row] ?? NONE }] : [],
    ),
    events: {
      row: shown.map(event => numberOf[events.row[event] ?? NONE] ?? NONE),
      at_ns: shown.map(event => events.at_ns[event] ?? 0),
      name: shown.map(event => events.name[event] ?? 0),
      names: events.names,
    },
    cut: cutIn(whole, kept, order, numberOf, place),
  }
}

function cutIn(
  { rows }: SpanColumns,
  kept: Uint8Array,
  order: readonly number[],
  numberOf: Int32Array,
  { base, skip, shape }: Place,
): SpanColumns['cut'] {
  const above = base === NONE ? [NONE, ...order] : order
  return above.flatMap(row => {
    const children = childrenOf(shape, row).slice(row === base ? skip : 0)
    const missing = children.filter(child => kept[child] !== 1)
    if (missing.length === 0) return []
    const sum = (of: (child: number) => number) => missing.reduce((all, child) => all + of(child), 0)
    return [
      {
        row: row === NONE ? NONE : (numberOf[row] ?? NONE),
        span_count: sum(child => 1 + (shape.below[child] ?? 0)),
        error_count: sum(child => errorsIn(rows.flags[child]) + (shape.errors[child] ?? 0)),
        skip: children.length - missing.length,
      },
    ]
  })
}
