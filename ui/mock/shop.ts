// A made-up web shop in a mesh, for development: requests that fan out over services, some slow, some failing. The same
// seed makes the same requests.

import type { SchemaSpan, SchemaTracesData } from '../src/api/schema.d.ts'
import { joined, ofService, otlpSpan, type SpanFields } from './otlp.ts'
import { randomOf } from './random.ts'

const MS = 1_000_000

/** A call into a service and the calls that it makes. */
interface Call {
  service: string
  name: string
  kind: NonNullable<SpanFields['kind']>
  /** Milliseconds of its own work. */
  work: number
  calls?: Call[]
  attributes?: SpanFields['attributes']
  /** How often it fails, 0 to 1. */
  fails?: number
}

const http = (service: string, name: string, work: number, calls: Call[] = [], fails = 0): Call => {
  const [method = 'GET', path = '/'] = name.split(' ')
  return {
    service,
    name,
    kind: 'server',
    work,
    calls,
    fails,
    attributes: {
      'http.request.method': method,
      'url.path': path,
      'network.protocol.version': '1.1',
      'server.port': 8080,
    },
  }
}

const sql = (service: string, text: string, work: number): Call => ({
  service,
  name: text.split(' ').slice(0, 4).join(' '),
  kind: 'client',
  work,
  attributes: { 'db.system.name': 'postgresql', 'db.query.text': text, 'server.address': `${service}-db` },
})

const pricing = () =>
  http('pricing', 'POST /quote', 4, [sql('pricing', 'SELECT price FROM prices WHERE sku = ANY($1)', 3)])
const stock = () =>
  http(
    'inventory',
    'GET /stock/{sku}',
    3,
    [sql('inventory', 'SELECT amount FROM stock WHERE sku = $1', 6)],
    0.04,
  )

const redis = (): Call => ({
  service: 'cart',
  name: 'GET cart',
  kind: 'client',
  work: 1,
  attributes: { 'db.system.name': 'redis', 'server.address': 'sessions' },
})

/** A call to somebody else's API, which sends no spans. */
const bank = (): Call => ({
  service: 'payment',
  name: 'POST /v1/charges',
  kind: 'client',
  work: 45,
  fails: 0.02,
  attributes: { 'http.request.method': 'POST', 'server.address': 'api.bank.example' },
})

const ORDERS = { 'messaging.system': 'kafka', 'messaging.destination.name': 'orders' }

const PAGES: (() => Call)[] = [
  () =>
    http('web', 'GET /', 6, [
      http('catalogue', 'GET /featured', 5, [sql('catalogue', 'SELECT * FROM items ORDER BY rank', 12)]),
    ]),
  () => http('web', 'GET /cart', 5, [http('cart', 'GET /cart/{id}', 4, [redis(), pricing(), stock()])]),
  () =>
    http('web', 'POST /checkout', 9, [
      http('cart', 'GET /cart/{id}', 4, [pricing()]),
      http('ordering', 'POST /orders', 12, [
        stock(),
        http('payment', 'POST /charge', 60, [bank()], 0.18),
        { service: 'ordering', name: 'orders publish', kind: 'producer', work: 2, attributes: ORDERS },
        {
          service: 'shipping',
          name: 'orders process',
          kind: 'consumer',
          work: 25,
          attributes: ORDERS,
          calls: [http('mail', 'POST /send', 18)],
        },
      ]),
    ]),
  () =>
    http('web', 'GET /search', 4, [
      http('search', 'GET /query', 22, [
        // Whoever is asked for items tells the index what it has: a cycle.
        http('catalogue', 'POST /items', 6, [http('search', 'POST /index', 3)], 0.02),
      ]),
    ]),
]

/** What comes through the gateway, and now and then a job that nobody calls. */
const BEGINNINGS: (() => Call)[] = [
  ...PAGES.flatMap(page => [page, page]).map(page => () => {
    const inner = page()
    return http('gateway', inner.name, 1, [inner])
  }),
  () => ({
    service: 'reports',
    name: 'hourly report',
    kind: 'internal',
    work: 30,
    calls: [stock(), pricing()],
  }),
]

const NAMESPACES: Record<string, string> = { gateway: 'edge', payment: 'payments', reports: 'jobs' }
/** How often a call that failed had been sent again before. */
const RESENDS = 0.6

/** Makes traces one after the other. */
export class Shop {
  private readonly random: () => number

  constructor(seed: number) {
    this.random = randomOf(seed)
  }

  /** A request that begins at a moment. */
  request(start: bigint): SchemaTracesData {
    const page = BEGINNINGS[Math.floor(this.random() * BEGINNINGS.length)]
    const spans: { service: string; span: SchemaSpan }[] = []
    if (page !== undefined) this.call(spans, this.id(32), undefined, page(), start)
    return joined(spans.map(({ service, span }) => ofService(service, [span], this.resource(service))))
  }

  private resource(service: string) {
    return {
      'service.version': '1.4.2',
      'k8s.namespace.name': NAMESPACES[service] ?? 'shop',
      'k8s.deployment.name': `${service}-v1`,
      'k8s.pod.name': `${service}-v1-6c9f7-x2x1q`,
      ...(service === 'gateway' ? { 'mesh.role': 'gateway' } : {}),
    }
  }

  private id(digits: number): string {
    return Array.from({ length: digits }, () => Math.floor(this.random() * 16).toString(16)).join('')
  }

  /** Appends the span of a call after those of the calls that it makes; returns when it ended and whether it failed. */
  private call(
    spans: { service: string; span: SchemaSpan }[],
    trace: string,
    parent: string | undefined,
    call: Call,
    start: bigint,
  ): { end: bigint; failed: boolean } {
    const id = this.id(16)
    const before = spans.length
    let at = start + this.worked(call.work / 2)
    let failed = this.random() < (call.fails ?? 0)
    for (const inner of call.calls ?? []) {
      const done = this.call(spans, trace, id, inner, at)
      at = inner.kind === 'consumer' ? at : done.end + this.worked(0.2)
      failed ||= done.failed && inner.kind === 'server'
    }
    const end = at + this.worked(call.work / 2)
    const attributes = {
      ...call.attributes,
      ...(call.kind === 'server' ? { 'http.response.status_code': failed ? 503 : 200 } : {}),
      ...(failed && this.random() < RESENDS ? { 'http.request.resend_count': 2 } : {}),
    }
    const span = otlpSpan(trace, id, call.name, {
      start,
      end,
      kind: call.kind,
      attributes,
      ...(parent === undefined ? {} : { parent }),
      ...(failed ? { error: `${call.service} answered 503` } : {}),
      ...(failed ? { rest: { events: [exception(call.service, end)] } } : {}),
    })
    spans.splice(before, 0, { service: call.service, span })
    return { end, failed }
  }

  private worked(ms: number): bigint {
    // A long tail: most are near the typical time, a few are many times slower.
    const factor = 0.6 + this.random() * 0.7 + (this.random() < 0.06 ? this.random() * 9 : 0)
    return BigInt(Math.round(ms * MS * factor))
  }
}

function exception(service: string, at: bigint): NonNullable<SchemaSpan['events']>[number] {
  return {
    name: 'exception',
    timeUnixNano: String(at),
    attributes: [
      { key: 'exception.type', value: { stringValue: 'UpstreamError' } },
      {
        key: 'exception.message',
        value: { stringValue: `${service}: upstream connect error or disconnect` },
      },
      {
        key: 'exception.stacktrace',
        value: { stringValue: 'at call (client.js:88)\nat handle (server.js:31)' },
      },
    ],
  }
}
