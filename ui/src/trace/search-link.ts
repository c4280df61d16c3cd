// Questions in TraceQL for what a span says, to look for other traces with the same.

import type { SchemaAnyValue } from '../api/schema.d.ts'
import { attributeText, quotedText } from '../traces/traceql/quote.ts'
import type { Span } from './span.ts'

export type Scope = 'span' | 'resource' | 'event' | 'link' | 'instrumentation'

/** `{ span.http.route = "/cart" }`; null where TraceQL cannot ask for the value. */
export function questionFor(scope: Scope, key: string, value: SchemaAnyValue): string | null {
  const literal = literalOf(value)
  return literal === null ? null : `{ ${attributeText(scope, key)} = ${literal} }`
}

/** Spans of the same service and name. */
export function questionForOperation({ service, name }: Span): string {
  const clauses = [
    ...(service === null ? [] : [`resource.service.name = ${quotedText(service)}`]),
    `name = ${quotedText(name)}`,
  ]
  return `{ ${clauses.join(' && ')} }`
}

function literalOf(value: SchemaAnyValue): string | null {
  if (value.stringValue != null) return quotedText(value.stringValue)
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
