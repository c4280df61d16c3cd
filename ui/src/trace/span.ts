// A trace as the API gives it, read into spans whose times are relative to the trace's start. Nothing is dropped: what
// is odd about a span is noted, and the span stays.

import type { SchemaResourceSpans, SchemaScopeSpans, SchemaSpan, SchemaTracesData } from '../api/schema.d.ts'
import { formatDuration } from '../ui/format.ts'
import {
  between,
  type EpochMilliseconds,
  type EpochNanoseconds,
  MINUTE,
  milliseconds,
  millisecondsOf,
  type Nanoseconds,
  nanoseconds,
  parseMoment,
} from '../ui/units.ts'

export type SpanKind = 'unspecified' | 'internal' | 'server' | 'client' | 'producer' | 'consumer'
export type SpanStatus = 'unset' | 'ok' | 'error'

const KINDS: readonly SpanKind[] = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer']
const STATUSES: readonly SpanStatus[] = ['unset', 'ok', 'error']

/** What is wrong with the times of a span by itself. */
export type TimeOddity = 'no start' | 'no end' | 'ends before it starts'

export interface Span {
  /** Unique in the trace: the span id, with a number behind it where several spans have that id. */
  key: string
  spanId: string
  /** Null on a root. */
  parentSpanId: string | null
  /** `service.name` of its resource. */
  service: string | null
  name: string
  kind: SpanKind
  status: SpanStatus
  /** From the start of the trace; 0 if the span has no start. */
  start: Nanoseconds
  /** Never negative. */
  duration: Nanoseconds
  oddity: TimeOddity | null
  /** As they came. */
  startedAt: EpochNanoseconds | null
  endedAt: EpochNanoseconds | null
  otlp: SchemaSpan
  resource: SchemaResourceSpans
  scope: SchemaScopeSpans
}

export interface Trace {
  /** By start, then as they came. */
  spans: Span[]
  /** Null if no span has one. */
  startedAt: EpochNanoseconds | null
  duration: Nanoseconds
}

/** Exporters send what they have every few seconds, and proxies' later than applications'. */
const GROWS_FOR = milliseconds(MINUTE)
/** A trace as large as this is not read again and again. */
const GROWING_SPANS_MAX = 5000

/** Whether spans of it may still be on their way. */
export function isGrowing(trace: Trace, now: EpochMilliseconds): boolean {
  if (trace.startedAt === null || trace.spans.length > GROWING_SPANS_MAX) return false
  const endedAt = millisecondsOf(trace.startedAt) + trace.duration / 1e6
  return now - endedAt < GROWS_FOR
}

/** Whether two answers tell the same. Spans are only ever added. */
export function isSameTrace(before: Trace, now: Trace): boolean {
  const [one, other] = [before, now].map(
    ({ spans, startedAt, duration }) => `${spans.length} ${startedAt} ${duration}`,
  )
  return one === other
}

interface Found {
  otlp: SchemaSpan
  resource: SchemaResourceSpans
  scope: SchemaScopeSpans
  service: string | null
  startedAt: EpochNanoseconds | null
  endedAt: EpochNanoseconds | null
}

export function readTrace(data: SchemaTracesData): Trace {
  const found = everySpan(data)
  const startedAt = earliest(found)
  const keys = new Keys()
  const spans = found.map(one => spanOf(one, startedAt, keys.next(one.otlp.spanId)))
  spans.sort((a, b) => a.start - b.start)
  const end = spans.reduce((latest, span) => Math.max(latest, span.start + span.duration), 0)
  return { spans, startedAt, duration: nanoseconds(end) }
}

function everySpan(data: SchemaTracesData): Found[] {
  const found: Found[] = []
  for (const resource of data.resourceSpans) {
    const service = serviceOf(resource)
    for (const scope of resource.scopeSpans) {
      for (const otlp of scope.spans) {
        const startedAt = parseMoment(otlp.startTimeUnixNano)
        const endedAt = parseMoment(otlp.endTimeUnixNano)
        found.push({ otlp, resource, scope, service, startedAt, endedAt })
      }
    }
  }
  return found
}

function earliest(found: readonly Found[]): EpochNanoseconds | null {
  let first: EpochNanoseconds | null = null
  for (const { startedAt } of found) {
    if (startedAt !== null && (first === null || startedAt < first)) first = startedAt
  }
  return first
}

function spanOf(found: Found, traceStart: EpochNanoseconds | null, key: string): Span {
  const { otlp, resource, scope, service, startedAt, endedAt } = found
  const isPlaced = startedAt !== null && traceStart !== null
  const length = startedAt !== null && endedAt !== null ? between(startedAt, endedAt) : 0
  return {
    key,
    spanId: otlp.spanId,
    parentSpanId: otlp.parentSpanId || null,
    service,
    name: otlp.name ?? '',
    kind: KINDS[otlp.kind ?? 0] ?? 'unspecified',
    status: STATUSES[otlp.status?.code ?? 0] ?? 'unset',
    start: isPlaced ? between(traceStart, startedAt) : nanoseconds(0),
    duration: nanoseconds(Math.max(0, length)),
    oddity: oddityOf(startedAt, endedAt),
    startedAt,
    endedAt,
    otlp,
    resource,
    scope,
  }
}

function oddityOf(startedAt: EpochNanoseconds | null, endedAt: EpochNanoseconds | null): TimeOddity | null {
  if (startedAt === null) return 'no start'
  if (endedAt === null) return 'no end'
  return endedAt < startedAt ? 'ends before it starts' : null
}

/** How long it took, in words. */
export function durationOf(span: Span): string {
  return span.oddity === null ? formatDuration(span.duration) : 'not known'
}

function serviceOf({ resource }: SchemaResourceSpans): string | null {
  const name = resource.attributes?.find(attribute => attribute.key === 'service.name')
  return name?.value.stringValue || null
}

/** Span ids made unique: `a`, `a~2`, `a~3`. */
class Keys {
  private readonly seen = new Map<string, number>()

  next(spanId: string): string {
    const count = (this.seen.get(spanId) ?? 0) + 1
    this.seen.set(spanId, count)
    return count === 1 ? spanId : `${spanId}~${count}`
  }
}
