// @vitest-environment happy-dom
import { screen, waitFor, within } from '@testing-library/react'
import { expect, test } from 'vitest'
import { ofService, otlpSpan, spanId, traceId } from '../../../mock/otlp.ts'
import { MockStore } from '../../../mock/store.ts'
import { openApp, secondsAgo } from '../../test/app.tsx'

/** A shop that serves a request, and whose metrics the server has if asked for. */
function shop(service: string, hasMetrics = true): MockStore {
  const store = new MockStore()
  store.hasMetrics = hasMetrics
  const start = secondsAgo(60)
  const span = otlpSpan(traceId(1), spanId(1), 'GET /', { start, end: start + 10_000_000n, kind: 'server' })
  store.take(ofService(service, [span], { 'k8s.namespace.name': 'shop' }))
  return store
}

const path = (service: string) => `/services/shop/${service}?range=1h`
const rowsOf = (table: HTMLElement) =>
  within(table)
    .getAllByRole('row')
    .slice(1)
    .map(row => row.textContent ?? '')

test('what is full is beside the name, first in the table, and a line of the chart', async () => {
  openApp(path('inventory'), { store: shop('inventory') })
  const mark = await screen.findByRole('link', { name: /^saturation critical:/ })
  expect(mark.getAttribute('href')).toContain('#saturation')
  const rows = rowsOf(screen.getByRole('table', { name: 'What fills up' }))
  const levels = rows.map(text => /^(critical|warning|ok)/.exec(text)?.[0])
  expect(levels).toEqual(levels.toSorted((a, b) => 'cwo'.indexOf(a?.[0] ?? '') - 'cwo'.indexOf(b?.[0] ?? '')))
  expect(rows[0]).toContain('places for pending requests in use')
  expect(screen.getByText(/^2 critical, 1 warning, 9 ok/)).toBeTruthy()
  const chart = screen.getByRole('figure', { name: 'Saturation' })
  expect(within(chart).getByRole('img').getAttribute('aria-label')).toMatch(/at most \d\d\.\d % at/)
})

test('what is tight is told as a warning, in words', async () => {
  const store = shop('payment')
  openApp(path('payment'), {
    store,
    before: async (request, ask) => {
      const answer = await ask(request)
      if (!request.url.includes('/signals')) return answer
      const signals = (await answer.json()) as { saturation: { level: string }[] }
      const [first, ...rest] = signals.saturation
      return Response.json({ ...signals, saturation: [{ ...first, level: 'warning' }, ...rest] })
    },
  })
  expect(await screen.findByRole('link', { name: /^saturation warning:/ })).toBeTruthy()
})

test('where all is well there is no mark, and what is beyond the first rows can be unfolded', async () => {
  const { user } = openApp(path('cart'), { store: shop('cart') })
  const table = await screen.findByRole('table', { name: 'What fills up' })
  expect(screen.queryByRole('link', { name: /^saturation/ })).toBeNull()
  expect(table.textContent).not.toContain('goroutines')
  await user.click(screen.getByRole('button', { name: 'Show 1 more that are well' }))
  expect(table.textContent).toMatch(/goroutines.*\d+ goroutines/)
  await user.click(screen.getByRole('button', { name: 'Show fewer' }))
  await waitFor(() => expect(table.textContent).not.toContain('goroutines'))
})

test('each has its unit, its metric and its PromQL', async () => {
  const { user } = openApp(path('cart'), { store: shop('cart') })
  const table = await screen.findByRole('table', { name: 'What fills up' })
  const row = within(table).getByRole('row', { name: /memory of its containers/ })
  expect(row.textContent).toMatch(/\d{3} MiB.*container_memory_working_set_bytes/)
  const ask = within(row).getByRole('button', { name: /^PromQL of memory of its containers/ })
  expect(ask.getAttribute('aria-expanded')).toBe('false')
  expect(table.textContent).not.toContain('sum(container_memory')
  await user.click(ask)
  expect(ask.getAttribute('aria-expanded')).toBe('true')
  expect(table.textContent).toContain('sum(container_memory_working_set_bytes{')
  const copy = within(table).getByRole('button', { name: /^Copy/ })
  expect(copy.getAttribute('title')).toBe('Copy the PromQL of memory of its containers')
})

test('without metrics it says which are looked for, and how they get here', async () => {
  openApp(path('cart'), { store: shop('cart', false) })
  const none = await screen.findByRole('region', { name: 'Saturation' })
  expect(none.textContent).toContain('envoy_cluster_circuit_breakers_*')
  expect(none.textContent).toContain('docs/metrics.md')
  expect(within(none).getByRole('link', { name: 'remote write' }).getAttribute('href')).toBe(
    '/connect?to=remote-write',
  )
})

test('without ratios there is a table and no chart', async () => {
  openApp(path('cart'), {
    store: shop('cart'),
    before: async (request, ask) => {
      const answer = await ask(request)
      if (!request.url.includes('/signals')) return answer
      const signals = (await answer.json()) as { saturation: { unit: string }[] }
      return Response.json({
        ...signals,
        saturation: signals.saturation.filter(({ unit }) => unit !== '1'),
      })
    },
  })
  expect(await screen.findByRole('table', { name: 'What fills up' })).toBeTruthy()
  expect(screen.queryByRole('figure', { name: 'Saturation' })).toBeNull()
})
