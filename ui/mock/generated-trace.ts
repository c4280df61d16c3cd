// A trace of as many spans as are asked for under every id, each a child of an earlier one. It is made of numbers, so that one
// of a million can be asked for in parts.

import type { SchemaTracesData } from '../src/api/schema.d.ts'
import { ROW_FLAGS, type SpanColumns } from '../src/api/trace-columns.ts'
import { kindOf } from '../src/trace/span.ts'
import { epochNanoseconds, nanoseconds } from '../src/ui/units.ts'
import { joined, ofService, otlpSpan, spanId } from './otlp.ts'
import { randomOf } from './random.ts'
import type { Span } from './span.ts'
import type { PartSource } from './trace-parts.ts'

const NS_PER_MS = 1_000_000n
const LENGTH_US = 1_000_000
const SERVICES = 20
const OPERATIONS = 97
const SPANS_PER_SERVICE = 50
/** One in so many fails. */
const FAILS = 997
const SERVER = 2

export class GeneratedTrace implements PartSource {
  private readonly id: string
  private readonly start = BigInt(Date.now() - 60_000) * NS_PER_MS
  /** Microseconds from the start, by number. */
  private readonly from: Float64Array
  private readonly to: Float64Array
  private readonly parents: Int32Array
  private columns: SpanColumns | undefined

  constructor(id: string, size: number) {
    const random = randomOf(size)
    this.id = id
    this.from = new Float64Array(size)
    this.to = new Float64Array(size).fill(LENGTH_US)
    this.parents = new Int32Array(size).fill(-1)
    for (let number = 0; number < size; number++) {
      const parent = Math.floor(number * (1 - random() ** 3 * 0.5) - 1)
      if (number > 0) this.place(number, Math.max(0, parent), random)
    }
  }

  private place(number: number, parent: number, random: () => number): void {
    const [from, to] = [this.from[parent] ?? 0, this.to[parent] ?? 0]
    const start = from + Math.floor(random() * (to - from) * 0.5)
    this.parents[number] = parent
    this.from[number] = start
    this.to[number] = start + Math.floor((to - start) * (0.3 + random() * 0.6))
  }

  /** As it would be sent. */
  data(): SchemaTracesData {
    const byService = new Map<string, ReturnType<GeneratedTrace['otlp']>[]>()
    for (let number = 0; number < this.from.length; number++) {
      const service = serviceOf(number)
      const spans = byService.get(service) ?? []
      spans.push(this.otlp(number))
      byService.set(service, spans)
    }
    return joined([...byService].map(([service, spans]) => ofService(service, spans)))
  }

  spans(id: string): SchemaTracesData {
    const number = Number.parseInt(id, 16) - 1
    if (!(number >= 0 && number < this.from.length)) return { resourceSpans: [] }
    return ofService(serviceOf(number), [this.otlp(number)])
  }

  *all(): Generator<Span> {
    for (const number of this.order()) yield this.spanOf(number)
  }

  whole(): SpanColumns {
    this.columns ??= this.read()
    return this.columns
  }

  private read(): SpanColumns {
    const order = this.order()
    const rowOf = new Int32Array(order.length)
    order.forEach((number, row) => {
      rowOf[number] = row
    })
    const level = new Int32Array(order.length)
    const numbers = Array.from(order)
    for (const number of order) {
      const parent = this.parents[number] ?? -1
      if (parent >= 0) level[number] = (level[parent] ?? 0) + 1
    }
    return {
      trace_id: this.id,
      start_time_unix_nano: String(this.start),
      duration_ns: LENGTH_US * 1000,
      span_count: order.length,
      error_count: numbers.filter(fails).length,
      depth: level.reduce((most, one) => Math.max(most, one), 0) + 1,
      services: Array.from({ length: SERVICES }, (_, service) => ({
        name: `service-${service}`,
        namespace: null,
      })),
      operations: {
        service: Array.from({ length: SERVICES * OPERATIONS }, (_, place) => Math.floor(place / OPERATIONS)),
        name: Array.from({ length: SERVICES * OPERATIONS }, (_, place) => `GET /part/${place % OPERATIONS}`),
        kind: Array.from({ length: SERVICES * OPERATIONS }, () => SERVER),
      },
      rows: {
        id: numbers.map(number => spanId(number + 1)).join(''),
        parent: numbers.map(number => {
          const parent = this.parents[number] ?? -1
          return parent < 0 ? -1 : (rowOf[parent] ?? -1)
        }),
        operation: numbers.map(number => serviceNumber(number) * OPERATIONS + (number % OPERATIONS)),
        start_ns: numbers.map(number => (this.from[number] ?? 0) * 1000),
        duration_ns: numbers.map(number => ((this.to[number] ?? 0) - (this.from[number] ?? 0)) * 1000),
        flags: numbers.map(number => (fails(number) ? ROW_FLAGS.error : 0)),
      },
      tops: order.length === 0 ? [] : [{ row: 0, reason: 'no_parent', parent_span_id: null }],
      events: { row: [], at_ns: [], name: [], names: [] },
      cut: [],
    }
  }

  /** Numbers in the order of the tree. */
  private order(): Int32Array {
    const size = this.from.length
    const first = new Int32Array(size).fill(-1)
    const next = new Int32Array(size).fill(-1)
    // From the last to start: each is put before those that start after it.
    const byStart = Int32Array.from({ length: size }, (_, number) => number)
    byStart.sort((a, b) => (this.from[b] ?? 0) - (this.from[a] ?? 0) || b - a)
    for (const number of byStart) {
      const parent = this.parents[number] ?? -1
      if (parent < 0) continue
      next[number] = first[parent] ?? -1
      first[parent] = number
    }
    const order = new Int32Array(size)
    let placed = 0
    const waiting = size === 0 ? [] : [0]
    for (let number = waiting.pop(); number !== undefined; number = waiting.pop()) {
      order[placed] = number
      placed += 1
      const [sibling, child] = [next[number] ?? -1, first[number] ?? -1]
      if (sibling >= 0) waiting.push(sibling)
      if (child >= 0) waiting.push(child)
    }
    return order
  }

  private otlp(number: number) {
    const parent = this.parents[number] ?? -1
    return otlpSpan(this.id, spanId(number + 1), nameOf(number), {
      start: this.start + BigInt(this.from[number] ?? 0) * 1000n,
      end: this.start + BigInt(this.to[number] ?? 0) * 1000n,
      kind: 'server',
      ...(parent < 0 ? {} : { parent: spanId(parent + 1) }),
      ...(fails(number) ? { error: 'no answer in time' } : {}),
    })
  }

  private spanOf(number: number): Span {
    const service = serviceOf(number)
    const otlp = this.otlp(number)
    const { resource, scope } = holderOf(service)
    const start = nanoseconds((this.from[number] ?? 0) * 1000)
    return {
      key: otlp.spanId,
      spanId: otlp.spanId,
      parentSpanId: otlp.parentSpanId ?? null,
      service,
      namespace: null,
      name: nameOf(number),
      kind: kindOf(SERVER),
      status: fails(number) ? 'error' : 'unset',
      start,
      duration: nanoseconds((this.to[number] ?? 0) * 1000 - start),
      oddity: null,
      startedAt: epochNanoseconds(this.start + BigInt(start)),
      endedAt: null,
      otlp,
      resource,
      scope,
    }
  }
}

const serviceNumber = (number: number) => Math.floor(number / SPANS_PER_SERVICE) % SERVICES
const serviceOf = (number: number) => `service-${serviceNumber(number)}`
const nameOf = (number: number) => `GET /part/${number % OPERATIONS}`
const fails = (number: number) => number % FAILS === FAILS - 1

const holders = new Map<string, Pick<Span, 'resource' | 'scope'>>()

/** The same for all spans of a service: what is found in one is found in all. */
function holderOf(service: string): Pick<Span, 'resource' | 'scope'> {
  const known = holders.get(service)
  if (known !== undefined) return known
  const [resource] = ofService(service, []).resourceSpans
  const [scope] = resource?.scopeSpans ?? []
  if (resource === undefined || scope === undefined) throw new Error('a service has a resource and a scope')
  holders.set(service, { resource, scope })
  return { resource, scope }
}
