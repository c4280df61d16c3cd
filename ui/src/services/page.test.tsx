// @vitest-environment happy-dom
import { screen, waitFor, within } from '@testing-library/react'
import { expect, test } from 'vitest'
import { ofService, otlpSpan, type SpanFields, spanId, traceId } from '../../mock/otlp.ts'
import { MockStore } from '../../mock/store.ts'
import { openApp, secondsAgo } from '../test/app.tsx'

const MS = 1_000_000n
const SHOP = { 'k8s.namespace.name': 'shop' }

/** A request of the web page, which asks the cart, which asks a database; the cart fails where asked for. */
function sendRequest(store: MockStore, id: number, fails: boolean, seconds = 60) {
  const start = secondsAgo(seconds)
  const span = (service: string, number: number, parent: number | null, fields: SpanFields) => {
    const times = { start, end: start + BigInt(number) * 10n * MS }
    const above = parent === null ? {} : { parent: spanId(id * 16 + parent) }
    const made = otlpSpan(traceId(id), spanId(id * 16 + number), `${service} ${number}`, {
      ...times,
      ...above,
      ...fields,
    })
    store.take(ofService(service, [made], SHOP))
  }
  const http = { 'http.request.method': 'GET', 'http.response.status_code': fails ? 503 : 200 }
  span('web', 3, null, { kind: 'server', attributes: http })
  span('cart', 2, 3, { kind: 'server', attributes: http, ...(fails ? { error: 'broken' } : {}) })
  const database = { 'db.system.name': 'redis', 'server.address': 'sessions' }
  span('cart', 1, 2, { kind: 'client', attributes: database })
}

function shop(...fails: boolean[]): MockStore {
  const store = new MockStore()
  fails.forEach((fails, place) => {
    sendRequest(store, place + 1, fails)
  })
  return store
}

const rowsOf = (table: HTMLElement) =>
  within(table)
    .getAllByRole('row')
    .slice(1)
    .map(row =>
      within(row)
        .getAllByRole('cell')
        .map(cell => cell.textContent),
    )

test('the list has the services, the worst first, with their numbers', async () => {
  const { asked } = openApp('/services', { store: shop(true, false, false, false) })
  const rows = rowsOf(await screen.findByRole('table', { name: 'Services' }))
  expect(rows.map(([name, namespace, health]) => [name, namespace, health])).toEqual([
    ['cart', 'shop', 'failing'],
    ['web', 'shop', 'healthy'],
  ])
  expect(rows[0]?.slice(4, 6)).toEqual(['25.0 %', '20.0 ms'])
  expect(screen.getByText('2 services: 1 failing, 1 healthy')).toBeTruthy()
  const request = asked.find(({ url }) => url.includes('/api/v1/services'))
  expect(new URL(request?.url ?? '').search).toBe('?start=now-5m')
})

test('the list is narrowed and sorted in the URL, and what hides all can be lifted', async () => {
  const { user, url } = openApp('/services', { store: shop(false) })
  await screen.findByRole('table', { name: 'Services' })
  await user.keyboard('/')
  expect(document.activeElement).toBe(screen.getByRole('searchbox', { name: 'Find a service' }))
  await user.keyboard('CAR')
  expect(await screen.findByText('1 of 2 services: 1 healthy')).toBeTruthy()
  expect(url()).toBe('/services?find=CAR')
  await user.keyboard('x')
  expect(await screen.findByText('No service is left')).toBeTruthy()
  await user.click(screen.getByRole('button', { name: 'Show all services' }))
  await user.click(await screen.findByRole('button', { name: 'p95' }))
  await waitFor(() => expect(url()).toBe('/services?sort=-p95'))
  const rows = rowsOf(screen.getByRole('table', { name: 'Services' }))
  expect(rows.map(([name]) => name)).toEqual(['web', 'cart'])
})

test('keys go through the list and open a service', async () => {
  const { user, url } = openApp('/services?range=15m', { store: shop(true, false) })
  await screen.findByRole('table', { name: 'Services' })
  await user.keyboard('j')
  expect(document.activeElement?.textContent).toBe('cart')
  await user.keyboard('jk')
  expect(document.activeElement?.textContent).toBe('cart')
  await user.keyboard('{Enter}')
  expect(await screen.findByRole('heading', { level: 1, name: 'cart' })).toBeTruthy()
  expect(url()).toBe('/services/shop/cart?range=15m')
})

test('g s leads to the services from anywhere', async () => {
  const { user, url } = openApp('/traces', { store: shop(false) })
  await screen.findByRole('heading', { level: 1 })
  await user.keyboard('gs')
  expect(await screen.findByRole('table', { name: 'Services' })).toBeTruthy()
  expect(url()).toBe('/services')
})

test('a service says how it is and shows its four signals, each with words and numbers', async () => {
  const { user, asked } = openApp('/services/shop/cart?range=5m', { store: shop(true, false, false, false) })
  const names = ['Latency', 'Latency of each call', 'Traffic', 'Error rate', 'Errors by class']
  for (const name of names) expect(await screen.findByRole('figure', { name })).toBeTruthy()
  expect(screen.getByRole('region', { name: 'Saturation' }).textContent).toContain('No metrics tell')
  expect(await screen.findByText('4 requests')).toBeTruthy()
  expect(screen.getByText('1 failed')).toBeTruthy()
  expect(await screen.findByText('cart, cart.shop')).toBeTruthy()
  const errors = screen.getByRole('figure', { name: 'Errors by class' })
  expect(within(errors).getByRole('img').getAttribute('aria-label')).toMatch(
    /^Errors by class: Last HTTP 5xx .*at most 1 at \d\d:\d\d:\d\d\.$/,
  )
  await user.click(within(errors).getByText('Show data'))
  const table = await within(errors).findByRole('table')
  const counts = rowsOf(table).map(([count]) => Number(count))
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(1)
  const request = asked.find(({ url }) => url.includes('/signals'))
  expect(new URL(request?.url ?? '').search).toBe('?start=now-5m&step=10s')
})

test('the examples of the heat map lead to their spans', async () => {
  const { user } = openApp('/services/shop/cart?range=5m', { store: shop(true) })
  const heat = await screen.findByRole('figure', { name: 'Latency of each call' })
  expect(within(heat).getByRole('img').getAttribute('aria-label')).toContain('1 example, 1 of them failed')
  await user.click(within(heat).getByText('Show data'))
  const link = await within(heat).findByRole('link')
  expect(link.getAttribute('href')).toBe(`/traces/${traceId(1)}?span=${spanId(18)}`)
  expect(within(heat).getByRole('table').textContent).toContain('20.0 msHTTP 5xx')
})

test('arrows move one cursor through all charts', async () => {
  const { user } = openApp('/services/shop/cart?range=5m', { store: shop(false) })
  const traffic = await screen.findByRole('figure', { name: 'Traffic' })
  const errors = screen.getByRole('figure', { name: 'Error rate' })
  const time = (figure: HTMLElement) => figure.querySelector('time')
  within(traffic).getByRole('img').focus()
  await user.keyboard('{ArrowLeft}')
  await waitFor(() => expect(time(traffic)?.dataset['pointed']).toBe('true'))
  expect(time(errors)?.textContent).toBe(time(traffic)?.textContent)
  const before = time(errors)?.textContent
  await user.keyboard('{ArrowLeft}{ArrowLeft}')
  await waitFor(() => expect(time(errors)?.textContent).not.toBe(before))
  await user.keyboard('{Escape}')
  await waitFor(() => expect(time(errors)?.dataset['pointed']).toBe('false'))
})

test('the period before is compared in the URL', async () => {
  const store = shop(false)
  sendRequest(store, 50, false, 400)
  const { user, url, asked } = openApp('/services/shop/cart?range=5m', { store })
  const traffic = await screen.findByRole('figure', { name: 'Traffic' })
  expect(traffic.textContent).not.toContain(' was ')
  await user.keyboard('p')
  await waitFor(() => expect(traffic.textContent).toContain(' was '))
  expect(url()).toBe('/services/shop/cart?range=5m&cmp=prev')
  expect(screen.getByRole('button', { name: 'Compare' }).getAttribute('aria-pressed')).toBe('true')
  await user.click(within(traffic).getByText('Show data'))
  const [header] = within(await within(traffic).findByRole('table')).getAllByRole('row')
  expect(header?.textContent).toBe('Fromrequestsrequests before')
  await waitFor(() => {
    const before = rowsOf(within(traffic).getByRole('table')).map(([, count]) => count)
    expect(before.filter(count => count !== '0/s' && count !== '–')).toHaveLength(1)
  })
  const lengths = asked
    .map(({ url }) => new URL(url).searchParams)
    .filter(params => params.has('end'))
    .map(params => Date.parse(params.get('end') ?? '') - Date.parse(params.get('start') ?? ''))
  expect(lengths[0]).toBeGreaterThanOrEqual(300_000)
  expect(lengths[0]).toBeLessThanOrEqual(320_000)
})

test('where there was nothing before, nothing is compared, and the page says so', async () => {
  openApp('/services/shop/cart?range=5m&cmp=prev', { store: shop(false) })
  expect(await screen.findByText(/^It had no calls in the period before/)).toBeTruthy()
  expect(screen.getByRole('figure', { name: 'Traffic' })).toBeTruthy()
})

test('calls lead to the edge, and their other ends to their own pages', async () => {
  const { user, url } = openApp('/services/shop/cart?range=5m', { store: shop(true, false) })
  await screen.findByRole('figure', { name: 'Latency' })
  await user.keyboard('2')
  const inbound = await screen.findByRole('table', { name: 'Called by' })
  const outbound = screen.getByRole('table', { name: 'Calls' })
  expect(url()).toBe('/services/shop/cart?range=5m&tab=calls')
  expect(rowsOf(inbound)[0]?.slice(0, 2)).toEqual(['healthywebshop', 'HTTP'])
  expect(rowsOf(inbound)[0]?.[3]).toContain('50.0 %')
  expect(within(outbound).getByRole('link', { name: 'redis/sessions' }).getAttribute('href')).toBe(
    '/services/_/database%3Aredis%2Fsessions?range=5m',
  )
  await user.keyboard('j')
  const row = document.activeElement
  expect(row?.getAttribute('href')).toBe('/topology?edge=shop/web-%3Eshop/cart:http')
  await user.keyboard('j')
  expect(document.activeElement?.getAttribute('href')).toContain('database:redis/sessions')
  await user.click(within(inbound).getByRole('link', { name: 'web' }))
  expect(await screen.findByRole('heading', { level: 1, name: 'web' })).toBeTruthy()
})

test('operations are searches for their traces', async () => {
  openApp('/services/shop/cart?range=5m&tab=operations', { store: shop(true, false) })
  const table = await screen.findByRole('table', { name: 'Operations' })
  const link = await within(table).findByRole('link', { name: 'cart 2' })
  const query = new URL(link.getAttribute('href') ?? '', 'http://here').searchParams
  expect(query.get('q')).toBe(
    '{ (resource.service.name = "cart" || resource.service.name = "cart.shop") && name = "cart 2" && kind = server }',
  )
  expect(query.get('range')).toBe('5m')
  const rows = rowsOf(table)
  expect(rows.map(([name, kind, count]) => [name, kind, count])).toEqual([
    ['cart 1', 'client', '2'],
    ['cart 2', 'server', '2'],
  ])
  expect(rows[1]?.slice(3, 5)).toEqual(['1', '50.0 %'])
})

test('what failed lately is searched by all names of the service', async () => {
  const queries: (string | null)[] = []
  openApp('/services/shop/cart?range=5m', {
    store: shop(true),
    before: async (request, ask) => {
      const url = new URL(request.url)
      if (url.pathname !== '/api/v1/traces') return ask(request)
      queries.push(url.searchParams.get('q'))
      const answer = await ask(new Request(`${url.origin}/api/v1/traces`))
      const { traces } = (await answer.json()) as { traces: object[] }
      const span = {
        span_id: spanId(18),
        name: 'GET /basket',
        duration_ms: 20,
        status: 'error',
        attributes: [],
      }
      return Response.json({ traces: traces.map(trace => ({ ...trace, spans: [span] })) })
    },
  })
  const link = await screen.findByRole('link', { name: 'GET /basket' })
  expect(link.getAttribute('href')).toBe(`/traces/${traceId(1)}?span=${spanId(18)}`)
  expect(queries[0]).toBe(
    '{ (resource.service.name = "cart" || resource.service.name = "cart.shop") && status = error }',
  )
})

test('the small map leads around', async () => {
  openApp('/services/shop/cart?range=5m', { store: shop(false) })
  const callers = await screen.findByRole('list', { name: 'Called by' })
  const called = screen.getByRole('list', { name: 'Calls' })
  expect(within(callers).getByRole('link').getAttribute('href')).toBe('/services/shop/web?range=5m')
  expect(within(called).getByRole('link', { name: 'sessions' })).toBeTruthy()
  expect(screen.getByRole('link', { name: 'Show in the topology' }).getAttribute('href')).toBe(
    '/topology?focus=shop/cart&node=shop/cart',
  )
})

test('t - looks at a longer time, and Back undoes it', async () => {
  const { user, url, history } = openApp('/services/shop/cart?range=15m', { store: shop(false) })
  await screen.findByRole('figure', { name: 'Latency' })
  await user.keyboard('t-')
  await waitFor(() => expect(url()).toBe('/services/shop/cart'))
  history.back()
  await waitFor(() => expect(url()).toBe('/services/shop/cart?range=15m'))
})

test('a service without calls says so, and appears when it is called', async () => {
  const { store } = openApp('/services/shop/cart?range=5m', { store: new MockStore() })
  expect(await screen.findByText('No calls of shop/cart in this time')).toBeTruthy()
  expect(screen.getByText(/there is no node "shop\/cart"/)).toBeTruthy()
  sendRequest(store, 1, false, 20)
  expect(await screen.findByRole('figure', { name: 'Latency' }, { timeout: 20_000 })).toBeTruthy()
})

test('a failure keeps what was shown and offers to try again', async () => {
  let isDown = false
  const { user } = openApp('/services/shop/cart?range=5m', {
    store: shop(false),
    before: (request, ask) => (isDown ? Promise.reject(new TypeError('failed to fetch')) : ask(request)),
  })
  await screen.findByRole('figure', { name: 'Latency' })
  isDown = true
  expect(
    await screen.findByText(/could not be renewed: failed to fetch/, undefined, { timeout: 20_000 }),
  ).toBeTruthy()
  expect(screen.getByRole('figure', { name: 'Latency' })).toBeTruthy()
  isDown = false
  await user.click(screen.getByRole('button', { name: 'Try again' }))
  await waitFor(() => expect(screen.queryByText(/could not be renewed/)).toBeNull())
})

test('a server without spans tells how to send the first', async () => {
  openApp('/services')
  expect(await screen.findByText('No spans have come yet')).toBeTruthy()
})
