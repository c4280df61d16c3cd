// All that a span says, as the API gives it in OTLP/JSON when the span is looked at.

import type {
  SchemaKeyValue,
  SchemaResourceSpans,
  SchemaScopeSpans,
  SchemaSpan,
  SchemaTracesData,
} from '../api/schema.d.ts'
import { between, nanoseconds, parseMoment } from '../ui/units.ts'
import { at, operationAt, type Trace } from './columns.ts'
import { kindOf, type Span, type SpanStatus, type TimeOddity } from './span.ts'

export interface Details {
  otlp: SchemaSpan
  resource: SchemaResourceSpans
  scope: SchemaScopeSpans
}

/** Every span of an answer. */
export function detailsIn(data: SchemaTracesData): Details[] {
  return data.resourceSpans.flatMap(resource =>
    resource.scopeSpans.flatMap(scope => scope.spans.map(otlp => ({ otlp, resource, scope }))),
  )
}

/** Those of a row among the spans that have its id; undefined if none can be it. */
export function detailsAt(trace: Trace, row: number, found: readonly Details[]): Details | undefined {
  const operation = operationAt(trace, row)
  const ofKind = found.filter(({ otlp }) => (otlp.kind ?? 0) === operation?.kind)
  const start = at(trace.start, row)
  return ofKind.find(({ otlp }) => startOf(otlp, trace) === start) ?? ofKind[0] ?? found[0]
}

function startOf({ startTimeUnixNano }: SchemaSpan, { startedAt }: Pick<Trace, 'startedAt'>): number {
  const moment = parseMoment(startTimeUnixNano)
  return moment === null || startedAt === null ? 0 : between(startedAt, moment)
}

export function textIn(attributes: readonly SchemaKeyValue[] | undefined, ...keys: string[]): string | null {
  for (const key of keys) {
    const text = attributes?.find(attribute => attribute.key === key)?.value.stringValue
    if (text) return text
  }
  return null
}

const STATUSES: readonly SpanStatus[] = ['unset', 'ok', 'error']

/** What is drawn of a span that has no row. */
export function spanIn({ otlp, resource }: Details, trace: Trace): Span {
  const [startedAt, endedAt] = [parseMoment(otlp.startTimeUnixNano), parseMoment(otlp.endTimeUnixNano)]
  const length = startedAt !== null && endedAt !== null ? between(startedAt, endedAt) : 0
  return {
    key: otlp.spanId,
    spanId: otlp.spanId,
    service: textIn(resource.resource.attributes, 'service.name'),
    name: otlp.name ?? '',
    kind: kindOf(otlp.kind ?? 0),
    status: STATUSES[otlp.status?.code ?? 0] ?? 'unset',
    start: nanoseconds(startOf(otlp, trace)),
    duration: nanoseconds(Math.max(0, length)),
    oddity: oddityOf(startedAt, endedAt),
  }
}

function oddityOf(startedAt: bigint | null, endedAt: bigint | null): TimeOddity | null {
  if (startedAt === null) return 'no start'
  if (endedAt === null) return 'no end'
  return endedAt < startedAt ? 'ends before it starts' : null
}
