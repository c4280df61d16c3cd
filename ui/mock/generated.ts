// Tenants that nobody has to send anything for: `mesh-1000` is a live mesh of a thousand services, `trace-10000` has a trace
// of ten thousand spans under every id.

import type { SchemaTracesData } from '../src/api/schema.d.ts'
import { randomOf } from '../src/test/random.ts'
import { meshGraph } from './mesh.ts'
import { joined, ofService, otlpSpan, spanId } from './otlp.ts'
import { streamOf } from './stream.ts'

const SIZE_MAX = 200_000
const SPANS_PER_SERVICE = 50
const NS_PER_MS = 1_000_000n

/** The answer to a question of such a tenant; null for every other. */
export function generated(
  tenant: string,
  url: URL,
  signal: AbortSignal,
  intervalMs: number | null,
): Response | null {
  const [, kind, digits] = /^(mesh|trace)-(\d{1,6})$/.exec(tenant) ?? []
  const size = Math.min(SIZE_MAX, Number(digits))
  if (kind === 'mesh' && url.pathname === '/api/v1/graph') return text(`mesh ${size}`, () => meshGraph(size))
  if (kind === 'mesh' && url.pathname === '/api/v1/stream' && intervalMs !== null) {
    // Every stream begins where the first answer ends.
    let tick = -1
    const next = () => {
      tick += 1
      return meshGraph(size, tick)
    }
    return streamOf(next, intervalMs, signal)
  }
  const [, id] = /^\/api\/v1\/traces\/([0-9a-f]{32})$/.exec(url.pathname) ?? []
  if (kind === 'trace' && id !== undefined) return text(`trace ${size} ${id}`, () => largeTrace(id, size))
  return null
}

/** What was made once is not made again: who measures does not want to wait for it. */
const made = new Map<string, string>()
const MADE_MAX = 8

function text(key: string, make: () => unknown): Response {
  const known = made.get(key) ?? JSON.stringify(make())
  if (made.size >= MADE_MAX) made.clear()
  made.set(key, known)
  return new Response(known, { headers: { 'content-type': 'application/json' } })
}

/** A tree of spans, each a child of an earlier one. */
function largeTrace(id: string, size: number): SchemaTracesData {
  const random = randomOf(size)
  const start = BigInt(Date.now() - 60_000) * NS_PER_MS
  const starts = [0]
  const ends = [1_000_000]
  const services = Array.from({ length: size }, (_, place) => {
    const parent = Math.floor(place * (1 - random() ** 3 * 0.5) - 1)
    if (place > 0) {
      const [from, to] = [starts[parent] ?? 0, ends[parent] ?? 0]
      starts[place] = from + Math.floor(random() * (to - from) * 0.5)
      ends[place] = (starts[place] ?? 0) + Math.floor((to - (starts[place] ?? 0)) * (0.3 + random() * 0.6))
    }
    const span = otlpSpan(id, spanId(place + 1), `GET /part/${place % 97}`, {
      start: start + BigInt(starts[place] ?? 0) * 1000n,
      end: start + BigInt(ends[place] ?? 0) * 1000n,
      kind: 'server',
      ...(place === 0 ? {} : { parent: spanId(Math.max(0, parent) + 1) }),
    })
    return { service: `service-${Math.floor(place / SPANS_PER_SERVICE) % 20}`, span }
  })
  const byService = new Map<string, (typeof services)[number]['span'][]>()
  for (const { service, span } of services) {
    const spans = byService.get(service)
    if (spans === undefined) byService.set(service, [span])
    else spans.push(span)
  }
  return joined([...byService].map(([service, spans]) => ofService(service, spans)))
}
