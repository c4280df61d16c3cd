// @vitest-environment happy-dom
import { screen, waitFor, within } from '@testing-library/react'
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { MockStore } from '../../../mock/store.ts'
import { openApp, sendTrace } from '../../test/app.tsx'
import { giveSizes } from '../../test/size.ts'

// The router loads the page when it is opened, and the page its charts; what that takes is no part of a test.
beforeAll(async () => {
  await import('../page.tsx')
  await import('./view.tsx')
}, 60_000)
beforeEach(giveSizes)

/** Two traces of `cart`, one of `web`; each has a span with an error below one without. */
function storeOf(): MockStore {
  const store = new MockStore()
  sendTrace(store, 1, 'cart', 'GET /cart', 300)
  sendTrace(store, 2, 'cart', 'GET /cart', 200)
  sendTrace(store, 3, 'web', 'GET /web', 100)
  return store
}

const at = (q: string, rest = '') => `/traces?q=${encodeURIComponent(q)}${rest}`
const open = (q: string, rest = '') => openApp(at(q, rest), { store: storeOf() })
const query = (url: string) => new URLSearchParams(url.split('?')[1]).get('q')

async function legend(): Promise<HTMLElement[]> {
  const [, ...rows] = within(await screen.findByRole('table', { name: 'Series' })).getAllByRole('row')
  return rows
}
const names = async () => (await legend()).map(row => within(row).getByRole('rowheader').textContent)

test('a metrics query is a chart, and no trace is searched', async () => {
  const { asked } = open('{ } | count_over_time() by (resource.service.name)')
  expect(await names()).toEqual(['cart', 'web'])
  expect(screen.getByRole('img', { name: /^Spans: / })).toBeTruthy()
  const [request] = asked.filter(({ url }) => url.includes('/metrics/query_range'))
  const params = new URL(request?.url ?? '').searchParams
  expect(Number(params.get('end')) - Number(params.get('start'))).toBeGreaterThanOrEqual(3600)
  expect(params.get('step')).toBe('30s')
  expect(asked.filter(({ url }) => url.includes('/api/v1/traces'))).toEqual([])
})

test('a line is hidden and drawn again; the URL says which', async () => {
  const { user, url } = open('{ } | count_over_time() by (resource.service.name)')
  await user.click(within((await legend())[0] as HTMLElement).getByRole('button', { name: /^cart/ }))
  await waitFor(() => expect(url()).toContain('series=%21cart'))
  const [cart, web] = (await legend()).map(row => row.dataset['shown'])
  expect([cart, web]).toEqual(['false', 'true'])
  await user.click(screen.getByRole('button', { name: 'Draw all 2' }))
  await waitFor(() => expect(url()).not.toContain('series='))
  await user.click(screen.getByRole('button', { name: 'Draw only web' }))
  await waitFor(() => expect(url()).toContain('series='))
})

test('quantiles are named as people say them', async () => {
  open('{ kind = server } | quantile_over_time(duration, 0.5, 0.99)')
  expect((await names()).sort()).toEqual(['p50', 'p99'])
  expect((await legend())[0]?.textContent).toContain('1.00 s')
})

test('from a line to its traces', async () => {
  const { user, url } = open('{ status = error } | rate() by (resource.service.name)', '&range=6h')
  await legend()
  await user.click(screen.getByRole('link', { name: 'Traces of web' }))
  expect(await screen.findByRole('table', { name: 'Traces' })).toBeTruthy()
  expect(query(url())).toBe('{ status = error && resource.service.name = "web" }')
  expect(url()).toContain('range=6h')
})

test('examples lead to their spans, by keys too', async () => {
  const { user, url } = open('{ kind = server } | max_over_time(duration)')
  await legend()
  await user.click(screen.getByText(/examples as a list$/))
  const links = within(screen.getByRole('region', { name: 'Examples' })).getAllByRole('link')
  expect(links.length).toBe(3)
  await user.click(links[0] as HTMLElement)
  await waitFor(() => expect(url()).toMatch(/^\/traces\/[0-9a-f]{32}\?span=[0-9a-f]{16}$/))
})

test('a histogram is a picture, told in words', async () => {
  open('{ kind = server } | histogram_over_time(duration)')
  const picture = await screen.findByRole('img', { name: /^Distribution of duration: 3 spans/ })
  expect(picture.getAttribute('aria-label')).toContain('up to 1.07 s')
})

test('what sets spans apart is told by share and difference, and leads to them', async () => {
  const { user, url } = open('{ } | compare({ status = error })')
  const status = await screen.findByRole('table', { name: /^kind/ })
  const row = within(status).getByRole('row', { name: /^server/ })
  expect(row.textContent).toContain('−100.0 pp')
  expect(screen.getByText('3', { selector: '[data-side="selection"] strong' })).toBeTruthy()
  const root = screen.getByRole('table', { name: /^name/ })
  await user.click(within(root).getByRole('link', { name: 'inside GET /cart' }))
  await waitFor(() => expect(query(url())).toBe('{ status = error && name = "inside GET /cart" }'))
})

test('nothing found says so, and what helps', async () => {
  const { user, url } = open('{ name = "nobody" } | rate() by (name)')
  expect(await screen.findByRole('heading', { name: /^No span in this time/ })).toBeTruthy()
  await user.click(screen.getByRole('button', { name: 'Search for the spans' }))
  await waitFor(() => expect(query(url())).toBe('{ name = "nobody" }'))
})

test('what is wrong with a query is said below the bar, at its place', async () => {
  open('{ kind = sever } | rate()')
  expect((await screen.findByRole('alert')).textContent).toMatch(/^Unexpected `sever`, expected/)
  expect(document.querySelector('.query-bar__text [data-wrong]')?.textContent).toBe('sever')
})

test('a server that fails is asked again', async () => {
  const store = storeOf()
  let isBroken = true
  const { user } = openApp(at('{ } | rate()'), {
    store,
    before: (request, ask) =>
      isBroken && request.url.includes('/metrics/')
        ? Promise.resolve(new Response('out of memory', { status: 500 }))
        : ask(request),
  })
  expect(await screen.findByText(/out of memory/)).toBeTruthy()
  isBroken = false
  await user.click(screen.getByRole('button', { name: 'Try again' }))
  expect(await names()).toEqual(['rate'])
})

test('an answer that is not all says so', async () => {
  openApp(at('{ } | rate()'), {
    store: storeOf(),
    before: async (request, ask) => {
      const response = await ask(request)
      if (!request.url.includes('/metrics/')) return response
      return Response.json({ ...(await response.json()), status: 'PARTIAL', message: 'too many series' })
    },
  })
  expect(await screen.findByText(/This is not all: too many series/)).toBeTruthy()
})
