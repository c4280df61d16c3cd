// Searches for traces, as TraceQL.

import type { SchemaSpanKindWord } from '../api/schema.d.ts'
import { quotedText } from '../traces/traceql/quote.ts'

/** Spans of a service, which senders may know by several names. */
export function ofService(names: readonly string[]): string {
  const parts = names.map(name => `resource.service.name = ${quotedText(name)}`)
  return parts.length === 1 ? (parts[0] ?? '') : `(${parts.join(' || ')})`
}

export function errorsQuery(names: readonly string[]): string {
  return `{ ${ofService(names)} && status = error }`
}

/** Spans are named by whoever made them: a proxy's may have another service's name than the operation's service. */
export function operationQuery(
  names: readonly string[],
  operation: string,
  kind: SchemaSpanKindWord,
): string {
  return `{ ${ofService(names)} && name = ${quotedText(operation)} && kind = ${kind} }`
}
