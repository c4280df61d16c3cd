// OTLP/JSON made in a line or two: for the mock API's scenarios and for unit tests.

import type { SchemaAnyValue, SchemaKeyValue, SchemaSpan, SchemaTracesData } from '../src/api/schema.d.ts'

type Plain = string | number | boolean | null | Plain[] | { [key: string]: Plain }

export function anyValue(value: Plain): SchemaAnyValue {
  if (value === null) return {}
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  if (typeof value === 'number') {
    return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value }
  }
  if (Array.isArray(value)) return { arrayValue: { values: value.map(anyValue) } }
  return { kvlistValue: { values: keyValues(value) } }
}

export function keyValues(attributes: Record<string, Plain>): SchemaKeyValue[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }))
}

/** A span id out of a number. */
export const spanId = (number: number) => number.toString(16).padStart(16, '0')
/** A trace id out of a number. */
export const traceId = (number: number) => number.toString(16).padStart(32, '0')

const KIND = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 } as const

export interface SpanFields {
  /** Nanoseconds since the epoch; undefined: the span has no start. */
  start?: bigint | undefined
  /** Undefined: the span has no end. */
  end?: bigint | undefined
  parent?: string
  kind?: keyof typeof KIND
  error?: string
  attributes?: Record<string, Plain>
  rest?: Partial<SchemaSpan>
}

export function otlpSpan(trace: string, id: string, name: string, fields: SpanFields): SchemaSpan {
  const { start, end, parent, kind, error, attributes, rest } = fields
  return {
    traceId: trace,
    spanId: id,
    name,
    ...(parent === undefined ? {} : { parentSpanId: parent }),
    ...(kind === undefined ? {} : { kind: KIND[kind] }),
    ...(start === undefined ? {} : { startTimeUnixNano: String(start) }),
    ...(end === undefined ? {} : { endTimeUnixNano: String(end) }),
    ...(attributes === undefined ? {} : { attributes: keyValues(attributes) }),
    ...(error === undefined ? {} : { status: { code: 2, message: error } }),
    ...rest,
  }
}

/** Spans of one service under one scope; null: the resource has no name. */
export function ofService(
  service: string | null,
  spans: SchemaSpan[],
  resource: Record<string, Plain> = {},
): SchemaTracesData {
  const name: Record<string, Plain> = service === null ? {} : { 'service.name': service }
  return {
    resourceSpans: [
      {
        resource: { attributes: keyValues({ ...name, ...resource }) },
        scopeSpans: [{ scope: { name: 'mock', version: '1.0.0' }, spans }],
      },
    ],
  }
}

export function joined(parts: SchemaTracesData[]): SchemaTracesData {
  return { resourceSpans: parts.flatMap(part => part.resourceSpans) }
}
