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
