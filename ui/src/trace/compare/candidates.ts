// Traces to compare one with: those that begin with the same operation.

import type { SchemaTraceItem } from '../../api/schema.d.ts'
import { quotedText } from '../../traces/traceql/quote.ts'
import type { Span } from '../span.ts'

/** Which of them are offered first. */
export const PICKS = { newest: 'Newest', fastest: 'Fastest', slowest: 'Slowest' } as const
export type Pick = keyof typeof PICKS

/** Traces whose root is of the same service and name. */
export function questionFor({ service, name }: { service: Span['service']; name: string }): string {
  const clauses = [
    'nestedSetParent < 0',
    ...(service === null ? [] : [`resource.service.name = ${quotedText(service)}`]),
    `name = ${quotedText(name)}`,
  ]
  return `{ ${clauses.join(' && ')} }`
}

const ORDERS: Record<Pick, (a: SchemaTraceItem, b: SchemaTraceItem) => number> = {
  newest: (a, b) => (BigInt(a.start_time_unix_nano) < BigInt(b.start_time_unix_nano) ? 1 : -1),
  fastest: (a, b) => a.duration_ms - b.duration_ms,
  slowest: (a, b) => b.duration_ms - a.duration_ms,
}

/** At most so many, without the trace itself. */
export function picked(
  traces: readonly SchemaTraceItem[],
  own: string,
  by: Pick,
  count: number,
): SchemaTraceItem[] {
  const others = traces.filter(({ trace_id }) => trace_id !== own.toLowerCase().padStart(32, '0'))
  return others.sort(ORDERS[by]).slice(0, count)
}

/** The id of a trace in what somebody typed or pasted, which may be a link to it; null if there is none. */
export function idIn(text: string): string | null {
  const [, inLink] = /\/traces\/([0-9a-f]{1,32})(?:[/?#]|$)/i.exec(text) ?? []
  const id = inLink ?? text.trim()
  return /^[0-9a-f]{1,32}$/i.test(id) ? id.toLowerCase() : null
}
