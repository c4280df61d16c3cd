// Questions in TraceQL for what a span says, to look for other traces with the same.

import type { SchemaAnyValue } from '../api/schema.d.ts'
import type { Span } from './span.ts'

export type Scope = 'span' | 'resource' | 'event' | 'link' | 'instrumentation'

/** Names that need no quotes in TraceQL. */
const PLAIN_NAME = /^[A-Za-z_][A-Za-z0-9_.-]*$/

/** `{ span.http.route = "/cart" }`; null where TraceQL cannot ask for the value. */
export function questionFor(scope: Scope, key: string, value: SchemaAnyValue): string | null {
  const literal = literalOf(value)
  return literal === null ? null : `{ ${scope}.${nameOf(key)} = ${literal} }`
}

/** Spans of the same service and name. */
export function questionForOperation({ service, name }: Span): string {
  const clauses = [
    ...(service === null ? [] : [`resource.service.name = ${quoted(service)}`]),
    `name = ${quoted(name)}`,
  ]
  return `{ ${clauses.join(' && ')} }`
}

/** In a quoted name nothing but quotes and backslashes is escaped. */
function nameOf(key: string): string {
  return PLAIN_NAME.test(key) ? key : `"${key.replaceAll(/["\\]/g, '\\$&')}"`
}

function literalOf(value: SchemaAnyValue): string | null {
  if (value.stringValue != null) return quoted(value.stringValue)
  if (value.boolValue != null) return String(value.boolValue)
  if (value.intValue != null) return value.intValue
  if (value.doubleValue != null) return decimalOf(value.doubleValue)
  // Maps, bytes and nothing compare with nothing; a list is found by an element, which one is not known.
  return null
}

/** With a point, so that it stays a floating-point number; TraceQL knows no exponents, `NaN` or infinity. */
function decimalOf(value: number | string): string | null {
  const text = String(value)
  if (typeof value === 'string' || !Number.isFinite(value) || text.includes('e')) return null
  return text.includes('.') ? text : `${text}.0`
}

const ESCAPES: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

function quoted(text: string): string {
  return `"${text.replaceAll(/["\\\n\r\t]/g, sign => ESCAPES[sign] ?? `\\${sign}`)}"`
}
