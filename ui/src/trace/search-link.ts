// Questions in TraceQL for what a span says, to look for other traces with the same.

import type { SchemaAnyValue } from '../api/schema.d.ts'
import { literalOf } from '../traces/traceql/literal.ts'
import { attributeText, quotedText } from '../traces/traceql/quote.ts'
import type { Span } from './span.ts'

export type Scope = 'span' | 'resource' | 'event' | 'link' | 'instrumentation'

/** `{ span.http.route = "/cart" }`; null where TraceQL cannot ask for the value. */
export function questionFor(scope: Scope, key: string, value: SchemaAnyValue): string | null {
  const literal = literalOf(value)
  return literal === null ? null : `{ ${attributeText(scope, key)} = ${literal} }`
}

/** Spans of the same service and name. */
export function questionForOperation({ service, name }: Pick<Span, 'service' | 'name'>): string {
  const clauses = [
    ...(service === null ? [] : [`resource.service.name = ${quotedText(service)}`]),
    `name = ${quotedText(name)}`,
  ]
  return `{ ${clauses.join(' && ')} }`
}
