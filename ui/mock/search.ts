// Finds traces by TraceQL, in memory: every span of every trace is looked at.

import type {
  SchemaAnyValue,
  SchemaKeyValue,
  SchemaSpan,
  SchemaSpanItem,
  SchemaTraceItem,
  SchemaTraceLine,
} from '../src/api/schema.d.ts'
import type { MockStore, Question, Sent } from './store.ts'
import type { Field, Query, Stage, Value } from './traceql.ts'

const KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer']
const STATUSES = ['unset', 'ok', 'error']
/** Pieces of a streamed answer. */
const PIECES = 4

/** A trace as conditions see it. */
export interface Whole {
  item: SchemaTraceItem
  sent: readonly Sent[]
}

export function search(store: MockStore, query: Query, question: Question, spss: number): SchemaTraceItem[] {
  const found: SchemaTraceItem[] = []
  for (const { item, sent } of store.wholes({ ...question, limit: Number.POSITIVE_INFINITY })) {
    const matched = spansOf(query, { item, sent })
    if (matched === null || matched.length === 0) continue
    const spans = matched.slice(0, spss).map(one => itemOf(one, query, { item, sent }))
    found.push({ ...item, matched: matched.length, spans })
    if (found.length === question.limit) break
  }
  return found
}

/** The spans that the stages leave; null if one of them drops the trace. */
export function spansOf(query: Query, whole: Whole): Sent[] | null {
  let spans: Sent[] | null = [...whole.sent]
  for (const stage of query) {
    if (spans === null) return null
    spans = after(stage, spans, whole)
  }
  return spans
}

function after(stage: Stage, spans: Sent[], whole: Whole): Sent[] | null {
  switch (stage.kind) {
    case 'count':
      return compare(stage.op, spans.length, stage.value) ? spans : null
    case 'filter': {
      const { condition } = stage
      return condition === null ? spans : spans.filter(one => valueIn(condition, one, whole) === true)
    }
    case 'joined': {
      const left = after(stage.left, spans, whole) ?? []
      const right = after(stage.right, spans, whole) ?? []
      if (stage.op === '&&') return left.length > 0 && right.length > 0 ? union(spans, left, right) : []
      if (stage.op === '||') return union(spans, left, right)
      return right.filter(one => left.some(other => isRelated(stage.op, other, one, whole)))
    }
  }
}

function union(all: Sent[], left: Sent[], right: Sent[]): Sent[] {
  return all.filter(one => left.includes(one) || right.includes(one))
}

function isRelated(op: string, left: Sent, right: Sent, whole: Whole): boolean {
  switch (op) {
    case '>':
      return right.span.parentSpanId === left.span.spanId
    case '<':
      return left.span.parentSpanId === right.span.spanId
    case '~':
      return left !== right && left.span.parentSpanId === right.span.parentSpanId
    case '>>':
      return isAbove(left, right, whole)
    default:
      return isAbove(right, left, whole)
  }
}

function isAbove(upper: Sent, lower: Sent, { sent }: Whole): boolean {
  const seen = new Set<Sent>()
  let at: Sent | undefined = lower
  while (at !== undefined && !seen.has(at)) {
    seen.add(at)
    const parent: string | undefined = at.span.parentSpanId
    at = parent ? sent.find(one => one.span.spanId === parent) : undefined
    if (at === upper) return true
  }
  return false
}

export function valueIn(field: Field, one: Sent, whole: Whole): Value {
  switch (field.kind) {
    case 'literal':
      return field.value
    case 'intrinsic':
      return intrinsic(field.name, one, whole)
    case 'attribute':
      return attribute(field, one)
    case 'not':
      return valueIn(field.of, one, whole) !== true
    case 'binary': {
      const [left, right] = [valueIn(field.left, one, whole), valueIn(field.right, one, whole)]
      if (field.op === '&&') return left === true && right === true
      if (field.op === '||') return left === true || right === true
      return compare(field.op, left, right, isNil(field.right) || isNil(field.left))
    }
  }
}

const isNil = (field: Field) => field.kind === 'literal' && field.value === null

/** What is not there, or of another type, is neither equal nor unequal. */
function compare(op: string, left: Value, right: Value, isOfNil = false): boolean {
  if (isOfNil) return (op === '=') === (left === right)
  if (left === null || right === null || typeof left !== typeof right) return false
  switch (op) {
    case '=':
      return left === right
    case '!=':
      return left !== right
    case '=~':
      return new RegExp(`^(?:${right})$`).test(String(left))
    case '!~':
      return !new RegExp(`^(?:${right})$`).test(String(left))
    case '>':
      return left > right
    case '>=':
      return left >= right
    case '<':
      return left < right
    default:
      return left <= right
  }
}

function attribute({ scope, name }: { scope: string; name: string }, { span, resource }: Sent): Value {
  const inSpan = scope === 'resource' ? null : plain(span.attributes, name)
  return inSpan ?? (scope === 'resource' || scope === '' ? plain(resource, name) : null)
}

function plain(attributes: readonly SchemaKeyValue[] | undefined, name: string): Value {
  const value = attributes?.find(({ key }) => key === name)?.value
  return value === undefined ? null : plainValue(value)
}

export function plainValue(value: SchemaAnyValue): Value {
  if (value.stringValue !== undefined && value.stringValue !== null) return value.stringValue
  if (value.intValue !== undefined && value.intValue !== null) return Number(value.intValue)
  if (value.doubleValue !== undefined && value.doubleValue !== null) return Number(value.doubleValue)
  return value.boolValue ?? null
}

function intrinsic(name: string, { span }: Sent, { item }: Whole): Value {
  switch (name) {
    case 'name':
      return span.name ?? ''
    case 'status':
      return STATUSES[span.status?.code ?? 0] ?? 'unset'
    case 'statusMessage':
      return span.status?.message ?? ''
    case 'kind':
      return KINDS[span.kind ?? 0] ?? 'unspecified'
    case 'duration':
      return durationNs(span)
    case 'traceDuration':
      return item.duration_ms * 1e6
    case 'rootName':
      return item.root_name ?? null
    case 'rootServiceName':
      return item.root_service ?? null
    case 'nestedSetParent':
      // Where it hangs nobody asks the mock.
      return span.parentSpanId ? 1 : -1
    case 'span:id':
      return span.spanId
    case 'trace:id':
      return item.trace_id
    default:
      return null
  }
}

export function durationNs(span: SchemaSpan): number {
  return Number(BigInt(span.endTimeUnixNano || 0) - BigInt(span.startTimeUnixNano || 0))
}

/** With the attributes that the query names, by their names without scope. */
function itemOf(one: Sent, query: Query, whole: Whole): SchemaSpanItem {
  const named = query.flatMap(fieldsOf).flatMap((field): SchemaKeyValue[] => {
    const value = valueIn(field, one, whole)
    if (value === null || (field.kind !== 'attribute' && field.kind !== 'intrinsic')) return []
    return [{ key: field.name, value: typed(value) }]
  })
  const attributes = [...new Map(named.map(one => [one.key, one])).values()]
  return {
    span_id: one.span.spanId,
    name: one.span.name ?? '',
    service: one.service,
    start_time_unix_nano: String(one.span.startTimeUnixNano ?? 0),
    duration_ms: durationNs(one.span) / 1e6,
    status: STATUSES[one.span.status?.code ?? 0] ?? 'unset',
    attributes,
  }
}

function typed(value: string | number | boolean): SchemaAnyValue {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value }
}

function fieldsOf(stage: Stage): Field[] {
  if (stage.kind === 'count') return []
  if (stage.kind === 'joined') return [...fieldsOf(stage.left), ...fieldsOf(stage.right)]
  return stage.condition === null ? [] : leaves(stage.condition)
}

function leaves(field: Field): Field[] {
  if (field.kind === 'not') return leaves(field.of)
  if (field.kind === 'binary') return [...leaves(field.left), ...leaves(field.right)]
  return [field]
}

/** The answer in lines, as a server sends them while it searches. */
export function linesOf(traces: SchemaTraceItem[], { start, end }: Question, spans: number): string {
  const size = Math.max(1, Math.ceil(traces.length / PIECES))
  const lines = Array.from({ length: PIECES }, (_, piece): SchemaTraceLine => {
    const part = piece + 1
    const isLast = part === PIECES
    return {
      traces: traces.slice(piece * size, isLast ? undefined : part * size),
      ...(isLast
        ? {}
        : {
            searched_from: String(end - ((end - start) * BigInt(part)) / BigInt(PIECES - 1)),
            range_start: String(start),
          }),
      inspected: {
        traces: traces.length,
        spans: Math.round((spans * part) / PIECES),
        files: part,
        bytes: part * 4096,
      },
      done: isLast,
    }
  })
  return lines.map(line => `${JSON.stringify(line)}\n`).join('')
}
