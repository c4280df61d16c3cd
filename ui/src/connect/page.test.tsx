// @vitest-environment happy-dom
import { screen, waitFor, within } from '@testing-library/react'
import { expect, test } from 'vitest'
import { MockStore } from '../../mock/store.ts'
import { keepToken } from '../api/token.ts'
import { openApp, sendTrace } from '../test/app.tsx'

const TENANTS = { tenants: ['default', 'shop'] }
const status = (address: string, tls = false, token = false) => ({
  version: 'test',
  ready: true,
  started: '2026-01-01T00:00:00Z',
  tenants: ['default', 'shop'],
  listeners: ['otlp_grpc', 'otlp_http', 'zipkin', 'api'].map((protocol, index) => ({
    protocol,
    address: `${address}:${7000 + index}`,
    tls,
    token,
  })),
})

function openOn(path: string, answer: object, store = new MockStore()) {
  return openApp(path, {
    store,
    api: TENANTS,
    before: async (request, ask) =>
      request.url.endsWith('/api/v1/status') ? Response.json(answer) : ask(request),
  })
}

const way = (name: string) => screen.findByRole('region', { name })

test('it waits for the first span, and says who sends when it came', async () => {
  const { store } = openApp('/connect')
  expect(await screen.findByRole('heading', { name: 'Waiting for your first span' })).toBeTruthy()
  sendTrace(store, 1, 'web', 'GET /', 3)
  expect(
    await screen.findByRole('heading', { name: /^Receiving.* from web$/ }, { timeout: 5000 }),
  ).toBeTruthy()
  expect(screen.getByRole('cell', { name: 'OTLP HTTP, JSON' })).toBeTruthy()
  expect(screen.getByText('Spans are arriving')).toBeTruthy()
})

test('who sent an hour ago is named', async () => {
  const store = new MockStore()
  sendTrace(store, 1, 'web', 'GET /', 3600)
  openApp('/connect', { store })
  expect(await screen.findByText(/The last came from web, (59 min|1 h) ago/)).toBeTruthy()
})

test('ways and their variants are in the URL, and the ports are the server’s', async () => {
  const { user, url } = openOn('/connect', status('0.0.0.0'))
  expect(
    await within(await way('OpenTelemetry Collector')).findByText(/endpoint: localhost:7000/),
  ).toBeTruthy()
  await user.click(screen.getByRole('link', { name: 'Zipkin' }))
  await waitFor(() => expect(url()).toBe('/connect?to=collector&via=zipkin'))
  expect(await screen.findByText(/http:\/\/localhost:7002\/api\/v2\/spans/)).toBeTruthy()
  await user.click(screen.getByRole('link', { name: 'Grafana' }))
  expect(await within(await way('Grafana')).findByText(/http:\/\/localhost:7003\/tempo/)).toBeTruthy()
  expect(url()).toBe('/connect?to=grafana')
  expect(screen.getByRole('link', { name: 'Grafana' }).getAttribute('aria-current')).toBe('page')
})

test('a host is kept, and one that is none is not taken', async () => {
  const { user, unmount } = openOn('/connect?to=envoy', status('0.0.0.0'))
  const field = await screen.findByLabelText(/^Host for senders/)
  await user.clear(field)
  await user.type(field, 'spans.example')
  expect(await screen.findByText(/address: spans\.example/)).toBeTruthy()
  await user.type(field, ':4317')
  expect(screen.getByText('A name or an address, without port')).toBeTruthy()
  expect(field.getAttribute('aria-invalid')).toBe('true')
  unmount()
  openOn('/connect?to=envoy', status('0.0.0.0'))
  expect(await screen.findByText(/address: spans\.example/)).toBeTruthy()
  await user.click(screen.getByRole('button', { name: 'As this page was reached' }))
  expect(await screen.findByText(/address: localhost/)).toBeTruthy()
})

test('a server on loopback says so, with the key that changes it', async () => {
  const { unmount } = openOn('/connect', status('127.0.0.1'))
  expect(await screen.findByText('listen.otlp_grpc: 0.0.0.0:7000')).toBeTruthy()
  unmount()
  openOn('/connect', status('0.0.0.0'))
  expect(await screen.findByText(/is each sender’s own machine/)).toBeTruthy()
  expect(screen.queryByText(/^listen\./)).toBeNull()
})

test('token, TLS and tenant are in what is pasted', async () => {
  keepToken('secret-token-of-16')
  openOn('/connect?to=sdk&tenant=shop', status('0.0.0.0', true, true))
  const text = await screen.findByText(/OTEL_EXPORTER_OTLP_HEADERS/)
  expect(text.textContent).toContain('authorization=Bearer%20$SPANLOOM_TOKEN,x-scope-orgid=shop')
  expect(text.textContent).toContain('https://localhost:7001')
  expect(document.body.textContent).not.toContain('secret-token-of-16')
})

test('a server that does not answer is said to be away', async () => {
  openApp('/connect', {
    before: async (request, ask) => {
      if (request.url.includes('/api/v1/ingest')) throw new TypeError('failed to fetch')
      return ask(request)
    },
  })
  expect(await screen.findByRole('heading', { name: 'The server does not answer' })).toBeTruthy()
  expect(await way('OpenTelemetry Collector')).toBeTruthy()
})
