// @vitest-environment happy-dom
import { screen, within } from '@testing-library/react'
import { expect, test } from 'vitest'
import { MockStore } from '../../mock/store.ts'
import type { ScrapeTarget } from '../api/prometheus.ts'
import { openApp } from '../test/app.tsx'
import { healthCounts, lastScrapeOf, worstTargetsFirst } from './scraped.ts'

const target = (scrapePool: string, health: ScrapeTarget['health']): ScrapeTarget => ({
  labels: {},
  scrapePool,
  scrapeUrl: `http://${scrapePool}/metrics`,
  lastError: '',
  lastScrape: '0001-01-01T00:00:00Z',
  lastScrapeDuration: 0,
  health,
})

test('those that fail come first, then those that were never scraped', () => {
  const targets = [target('b', 'up'), target('a', 'up'), target('d', 'down'), target('c', 'unknown')]
  expect(worstTargetsFirst(targets).map(({ scrapePool }) => scrapePool)).toEqual(['d', 'c', 'a', 'b'])
  expect(healthCounts(targets)).toBe('1 down, 1 not scraped yet, 2 up')
  expect(healthCounts([target('a', 'up')])).toBe('1 up')
})

test('the year 1 is never', () => {
  expect(lastScrapeOf({ lastScrape: '0001-01-01T00:00:00Z' })).toBeNull()
  expect(lastScrapeOf({ lastScrape: '2026-01-01T00:00:00Z' })).toBe(Date.UTC(2026, 0, 1))
})

function withMetrics(): MockStore {
  const store = new MockStore()
  store.hasMetrics = true
  return store
}

test('the page lists what is scraped, what fails with its error first', async () => {
  const { asked } = openApp('/connect', { store: withMetrics() })
  const table = await screen.findByRole('table', { name: /^Scrape targets/ })
  const rows = within(table).getAllByRole('row').slice(1)
  expect(rows.map(row => row.textContent)).toEqual([
    expect.stringMatching(/^down.*10\.42\.2\.8.*timeout of 10s1\d s10\.0 s15s$/),
    expect.stringMatching(/^not scraped yet.*node.*never–15s$/),
    expect.stringMatching(/^up.*10\.42\.1\.17.*–\d s31\.0 ms15s$/),
    expect.stringMatching(/^up.*10\.42\.1\.23/),
  ])
  expect(screen.getByText('1 down, 1 not scraped yet, 2 up')).toBeTruthy()
  const request = asked.find(({ url }) => url.includes('/targets'))
  expect(new URL(request?.url ?? '').search).toBe('?state=active')
})

test('a server that scrapes nothing, or knows no targets, shows none', async () => {
  const { unmount } = openApp('/connect')
  expect(await screen.findByRole('heading', { name: 'Waiting for your first span' })).toBeTruthy()
  expect(screen.queryByRole('heading', { name: 'Scrape targets' })).toBeNull()
  unmount()
  const { asked } = openApp('/connect', {
    store: withMetrics(),
    before: async (request, ask) =>
      request.url.includes('/prometheus/') ? new Response('', { status: 404 }) : ask(request),
  })
  expect(await screen.findByRole('heading', { name: 'Waiting for your first span' })).toBeTruthy()
  await expect.poll(() => asked.some(({ url }) => url.includes('/prometheus/'))).toBe(true)
  expect(screen.queryByRole('heading', { name: 'Scrape targets' })).toBeNull()
})

test('targets that cannot be asked for are told of', async () => {
  openApp('/connect', {
    before: async (request, ask) =>
      request.url.includes('/prometheus/') ? new Response('', { status: 500 }) : ask(request),
  })
  expect(await screen.findByText(/^Scrape targets could not be asked for: the answer was 500/)).toBeTruthy()
})

test('samples that were refused are told as samples', async () => {
  openApp('/connect', { store: withMetrics() })
  const refused = await screen.findByText(/^Refused by Prometheus remote write/)
  expect(refused.textContent).toContain('too_old')
  expect(screen.getByText('214 samples since the server started')).toBeTruthy()
})
