// A trace as it was sent, read into spans whose times are relative to the trace's start. Nothing is dropped but what was
// sent again: what is odd about a span is noted, and the span stays.

import type {
  SchemaResourceSpans,
  SchemaScopeSpans,
  SchemaSpan,
  SchemaTracesData,
} from '../src/api/schema.d.ts'
import { kindOf, type SpanKind, type SpanStatus, type TimeOddity } from '../src/trace/span.ts'
import {
  between,
  type EpochNanoseconds,
  type Nanoseconds,
  nanoseconds,
  parseMoment,
} from '../src/ui/units.ts'

const STATUSES: readonly SpanStatus[] = ['unset', 'ok', 'error']

export interface Span {
  /** Unique in the trace: the span id, with a number behind it where several spans have that id. */
  key: string
  spanId: string
  /** Null on a root. */
  parentSpanId: string | null
  /** `service.name` of its resource. */
  service: string | null
  namespace: string | null
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

interface Found {
  otlp: SchemaSpan
  resource: SchemaResourceSpans
  scope: SchemaScopeSpans
  service: string | null
  namespace: string | null
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
  /** A span that was sent again is one. */
  const seen = new Set<string>()
  for (const resource of data.resourceSpans) {
    const service = textIn(resource, 'service.name')
    const namespace = textIn(resource, 'service.namespace') ?? textIn(resource, 'k8s.namespace.name')
    for (const scope of resource.scopeSpans) {
      for (const otlp of scope.spans) {
        const startedAt = parseMoment(otlp.startTimeUnixNano)
        const endedAt = parseMoment(otlp.endTimeUnixNano)
        const { spanId, kind = 0, name } = otlp
        const what = `${spanId} ${kind} ${service} ${name} ${startedAt} ${endedAt}`
        if (seen.has(what)) continue
        seen.add(what)
        found.push({ otlp, resource, scope, service, namespace, startedAt, endedAt })
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
  const { otlp, resource, scope, service, namespace, startedAt, endedAt } = found
  const isPlaced = startedAt !== null && traceStart !== null
  const length = startedAt !== null && endedAt !== null ? between(startedAt, endedAt) : 0
  return {
    key,
    spanId: otlp.spanId,
    parentSpanId: otlp.parentSpanId || null,
    service,
    namespace,
    name: otlp.name ?? '',
    kind: kindOf(otlp.kind ?? 0),
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

function textIn({ resource }: SchemaResourceSpans, key: string): string | null {
  return resource.attributes?.find(attribute => attribute.key === key)?.value.stringValue || null
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
