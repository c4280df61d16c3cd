// Tenants that nobody has to send anything for: `mesh-1000` is a live mesh of a thousand services, `trace-10000` has a trace
// of ten thousand spans under every id.

import { error } from './answer.ts'
import { GeneratedTrace } from './generated-trace.ts'
import { meshGraph } from './mesh.ts'
import { streamOf } from './stream.ts'
import { TRACE_PART, tracePart } from './trace-parts.ts'

const SIZE_MAX = { mesh: 200_000, trace: 1_000_000 }

/** The answer to a question of such a tenant; null for every other. */
export function generated(
  tenant: string,
  url: URL,
  signal: AbortSignal,
  intervalMs: number | null,
): Response | null {
  const [, kind, digits] = /^(mesh|trace)-(\d{1,7})$/.exec(tenant) ?? []
  if (kind !== 'mesh' && kind !== 'trace') return null
  const size = Math.min(SIZE_MAX[kind], Number(digits))
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
  return kind === 'trace' ? ofTrace(url, size) : null
}

function ofTrace(url: URL, size: number): Response | null {
  const [, id, part] = /^\/api\/v1\/traces\/([0-9a-f]{32})(?:\/(.+))?$/.exec(url.pathname) ?? []
  if (id === undefined) return null
  const trace = () => traceOf(id, size)
  if (part === undefined) return text(`trace ${size} ${id}`, () => trace().data())
  if (!TRACE_PART.test(part)) return null
  const key = `trace ${size} ${id} ${part}${url.search}`
  const found = made.has(key) ? null : tracePart(trace(), part, url.searchParams)
  if (!made.has(key) && found === null) return error(404, 'not_found', `there is no such span in ${id}`)
  return text(key, () => found)
}

const traces = new Map<string, GeneratedTrace>()
const TRACES_MAX = 2

function traceOf(id: string, size: number): GeneratedTrace {
  const key = `${size} ${id}`
  const known = traces.get(key) ?? new GeneratedTrace(id, size)
  if (traces.size >= TRACES_MAX) traces.clear()
  traces.set(key, known)
  return known
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
