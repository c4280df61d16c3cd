import { expect, test } from 'vitest'
import { mockFetch } from './api.ts'
import { ofService, otlpSpan, spanId, traceId } from './otlp.ts'
import { MockStore } from './store.ts'

const NOW = BigInt(Date.now()) * 1_000_000n
const SECOND = 1_000_000_000n

function site() {
  const store = new MockStore()
  const fetch = mockFetch(store)
  const ask = async (path: string, init?: RequestInit) => {
    const response = await fetch(new Request(`http://mock${path}`, init))
    return { status: response.status, body: await response.json() }
  }
  return { store, ask }
}

/** A trace of one span that began some seconds ago. */
function send(store: MockStore, id: number, service: string, secondsAgo: bigint) {
  const start = NOW - secondsAgo * SECOND
  store.take(
    ofService(service, [otlpSpan(traceId(id), spanId(id), `op ${id}`, { start, end: start + SECOND })]),
  )
}

test('traces are listed newest first, by range, service and limit', async () => {
  const { store, ask } = site()
  send(store, 1, 'cart', 7200n)
  send(store, 2, 'cart', 60n)
  send(store, 3, 'shop', 30n)
  const ids = async (query: string) =>
    (await ask(`/api/v1/traces?${query}`)).body.traces.map((item: { root_name: string }) => item.root_name)
  expect(await ids('')).toEqual(['op 3', 'op 2'])
  expect(await ids('start=now-6h')).toEqual(['op 3', 'op 2', 'op 1'])
  expect(await ids('start=now-6h&service=cart')).toEqual(['op 2', 'op 1'])
  expect(await ids('start=now-6h&limit=1')).toEqual(['op 3'])
  expect((await ask('/api/v1/traces?limit=0')).status).toBe(400)
  expect((await ask('/api/v1/traces?start=soon')).status).toBe(400)
})

test('a trace is what was sent, in parts or at once', async () => {
  const { store, ask } = site()
  send(store, 1, 'cart', 60n)
  const body = JSON.stringify(
    ofService('cart', [otlpSpan(traceId(1), spanId(9), 'late', { start: NOW, end: NOW })]),
  )
  expect((await ask('/v1/traces', { method: 'POST', body })).status).toBe(200)
  const { body: trace } = await ask('/api/v1/traces/1')
  expect(trace.resourceSpans).toHaveLength(2)
  expect((await ask('/api/v1/traces/2')).status).toBe(404)
  expect((await ask('/api/v1/traces/xyz')).status).toBe(400)
})

test('who brings no token, or a tenant that is not there, is sent away', async () => {
  const fetch = mockFetch(new MockStore(), { tenants: ['a'], token: 'secret' })
  const ask = async (headers: HeadersInit) =>
    (await fetch(new Request('http://mock/api/v1/traces', { headers }))).status
  expect(await ask({ 'x-scope-orgid': 'a' })).toBe(401)
  expect(await ask({ 'x-scope-orgid': 'b', authorization: 'Bearer secret' })).toBe(401)
  expect(await ask({ 'x-scope-orgid': 'a', authorization: 'Bearer secret' })).toBe(200)
})

/** A request that a gateway passes on to a shop, which fails now and then, and asks a database. */
function sendCall(store: MockStore, id: number, fails: boolean) {
  const start = NOW - 30n * SECOND
  const span = (service: string, number: number, fields: Partial<Parameters<typeof otlpSpan>[3]>) => {
    const times = { start, end: start + SECOND }
    return ofService(
      service,
      [otlpSpan(traceId(id), spanId(number), `of ${service}`, { ...times, ...fields })],
      { 'k8s.namespace.name': 'shop' },
    )
  }
  store.take(span('gateway', 1, { kind: 'server' }))
  store.take(span('web', 2, { kind: 'server', parent: spanId(1), ...(fails ? { error: 'broken' } : {}) }))
  const database = { 'db.system.name': 'redis', 'server.address': 'sessions' }
  store.take(span('web', 3, { kind: 'client', parent: spanId(2), attributes: database }))
  store.take(span('web', 4, { kind: 'client', parent: spanId(2) }))
}

test('the graph is what the spans say', async () => {
  const { store, ask } = site()
  for (const id of [1, 2, 3, 4]) sendCall(store, id, id === 1)
  const { body } = await ask('/api/v1/graph')
  const node = (id: string) => body.nodes.find((found: { id: string }) => found.id === id)
  expect(
    body.edges.map((edge: { source: string; target: string }) => `${edge.source}>${edge.target}`),
  ).toEqual(['shop/gateway>shop/web', 'shop/web>database:redis/sessions'])
  expect(node('shop/web')).toMatchObject({
    requests: 4,
    errors: 1,
    error_rate: 0.25,
    health: 'failing',
    p50_ms: 1000,
  })
  expect(body).toMatchObject({ entry_points: ['shop/gateway'], cycles: [], unpaired: { no_target: 4 } })
  const ids = async (query: string) =>
    (await ask(`/api/v1/graph?${query}`)).body.nodes.map((found: { id: string }) => found.id)
  expect(await ids('focus=shop/gateway&depth=1')).toEqual(['shop/gateway', 'shop/web'])
  expect(await ids('by=namespace')).toEqual(['shop', 'database:redis/sessions'])
  expect((await ask('/api/v1/graph?by=colour')).status).toBe(400)
})
