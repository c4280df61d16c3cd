// A trace of as many spans as are asked for, to measure the trace view with: a request that fans out over services, level
// below level, where every call lies within its caller. The same seed makes the same trace.

import type { SchemaSpan, SchemaTracesData } from '../src/api/schema.d.ts'
import { joined, ofService, otlpSpan, spanId } from './otlp.ts'
import { randomOf } from './random.ts'

const MS = 1_000_000n
/** Of the root. */
const LENGTH_MS = 60_000
const SERVICES = 14
const OPERATIONS = 9
const CHILDREN_MAX = 6
const FAILED = 0.02
/** Spans of one OTLP request, well below what a server takes at once. */
const BATCH_SPANS = 2000

export interface LargeTrace {
  id: string
  spans: number
  /** Nanoseconds since the epoch. */
  start: bigint
  seed?: number
}

/** A span that is waited for by those that it will have called. */
interface Caller {
  number: number
  service: number
  from: number
  to: number
}

export function largeTrace(question: LargeTrace): SchemaTracesData {
  return joined(largeTraceBatches(question))
}

/** The same in parts as exporters send them. */
export function largeTraceBatches({ id, spans, start, seed = 1 }: LargeTrace): SchemaTracesData[] {
  const random = randomOf(seed)
  const batches: SchemaTracesData[] = []
  let byService = new Map<number, SchemaSpan[]>()
  let waiting = 0
  const flush = () => {
    batches.push(
      joined([...byService].map(([service, sent]) => ofService(`service-${pad(service)}`, sent, HOST))),
    )
    byService = new Map()
    waiting = 0
  }
  for (const { caller, parent } of callers(spans, random)) {
    const sent = byService.get(caller.service) ?? []
    sent.push(spanOf(id, start, caller, parent, random))
    byService.set(caller.service, sent)
    waiting += 1
    if (waiting === BATCH_SPANS) flush()
  }
  if (waiting > 0) flush()
  return batches
}

const HOST = { 'host.name': 'node-7', 'k8s.namespace.name': 'large', 'service.version': '1.4.2' }

/** Level by level, so that the tree is about as deep as its logarithm. */
function* callers(spans: number, random: () => number): Generator<{ caller: Caller; parent: Caller | null }> {
  const root: Caller = { number: 1, service: 0, from: 0, to: LENGTH_MS }
  yield { caller: root, parent: null }
  const queue = [root]
  let made = 1
  for (let next = 0; made < spans; next++) {
    const parent = queue[next]
    if (parent === undefined) return
    const count = Math.min(spans - made, 1 + Math.floor(random() * CHILDREN_MAX))
    for (const [from, to] of intervalsIn(parent, count, random)) {
      made += 1
      const isOther = random() < 0.6
      const service = isOther ? Math.floor(random() * SERVICES) : parent.service
      const caller = { number: made, service, from, to }
      queue.push(caller)
      yield { caller, parent }
    }
  }
}

/** Calls after one another, some of which begin before the last one has ended. */
function intervalsIn({ from, to }: Caller, count: number, random: () => number): [number, number][] {
  const step = (to - from) / (count + 0.5)
  return Array.from({ length: count }, (_, i) => {
    const start = from + step * (i + 0.1 + 0.3 * random())
    return [start, Math.min(to, start + step * (0.3 + 0.9 * random()))]
  })
}

function spanOf(
  id: string,
  start: bigint,
  { number, service, from, to }: Caller,
  parent: Caller | null,
  random: () => number,
): SchemaSpan {
  const operation = Math.floor(random() * OPERATIONS)
  const at = (ms: number) => start + BigInt(Math.round(ms * 1e6))
  const fails = parent !== null && random() < FAILED
  return otlpSpan(id, spanId(number), `GET /things/${operation}`, {
    start: at(from),
    end: at(to),
    kind: parent === null || parent.service !== service ? 'server' : 'internal',
    attributes: {
      'http.request.method': 'GET',
      'http.route': `/things/${operation}`,
      'http.response.status_code': fails ? 503 : 200,
    },
    ...(parent === null ? {} : { parent: spanId(parent.number) }),
    ...(fails ? { error: 'no answer in time' } : {}),
  })
}

/** When a trace that ends now began. */
export function startOfLarge(now: bigint): bigint {
  return now - BigInt(LENGTH_MS) * MS
}

const pad = (number: number) => String(number).padStart(2, '0')
