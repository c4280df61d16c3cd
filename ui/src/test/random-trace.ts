// Traces that look random and are not: trees of any shape, with errors, events, several tops and ids that two spans have.

import { joined, keyValues, ofService, otlpSpan, spanId, traceId } from '../../mock/otlp.ts'
import type { SchemaTracesData } from '../api/schema.d.ts'
import { START } from './trace.ts'

const SERVICES = ['web', 'cart', 'stock', null]

/** No two spans start at the same time. */
export function randomTrace(random: () => number, size: number): SchemaTracesData {
  return joined(
    Array.from({ length: size }, (_, number) => {
      const service = SERVICES[Math.floor(random() * SERVICES.length)] ?? null
      return ofService(service, spansOf(random, number), { 'k8s.namespace.name': 'shop' })
    }),
  )
}

/** A span; sometimes Zipkin's halves of it. */
function spansOf(random: () => number, number: number) {
  const id = spanId(number + 1)
  const start = START + BigInt(number * 1000 + Math.floor(random() * 900))
  const end = start + BigInt(Math.floor(random() ** 3 * 1e6))
  const isTop = number === 0 || random() < 0.05
  const parent = isTop ? {} : { parent: spanId(1 + Math.floor(random() ** 0.5 * number)) }
  const events = [{ name: 'retry', timeUnixNano: String(start + 1n), attributes: keyValues({ n: 1 }) }]
  const fields = {
    start,
    end,
    ...parent,
    ...(random() < 0.2 ? { error: 'broken' } : {}),
    ...(random() < 0.2 ? { rest: { events } } : {}),
  }
  const name = `op ${number % 7}`
  const own = otlpSpan(traceId(7), id, name, { ...fields, kind: 'server' })
  if (random() > 0.1) return [own]
  return [own, otlpSpan(traceId(7), id, name, { start: start + 50n, end, ...parent, kind: 'client' })]
}
