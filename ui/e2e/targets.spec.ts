// What is scraped, with an answer of its own: what a server scrapes is in its configuration.

import { targetsOf } from '../mock/targets.ts'
import type { ScrapeTarget } from '../src/api/prometheus.ts'
import { expect, hindrances, type Page, test } from './test.ts'

async function openWith(page: Page, activeTargets: ScrapeTarget[]) {
  await page.route('**/prometheus/api/v1/targets?*', route =>
    route.fulfill({ json: { status: 'success', data: { activeTargets } } }),
  )
  await page.goto('/connect?to=remote-write')
  await expect(page.getByRole('heading', { name: /^(Waiting|Receiving)/ })).toBeVisible()
}

test('what fails comes first and is open', async ({ page }) => {
  await openWith(page, targetsOf({ hasMetrics: true }))
  const table = page.getByRole('table', { name: /^Scrape targets/ })
  await expect(table.getByRole('row').nth(1)).toContainText(/^down.*timeout/)
  await expect(page.getByText('/api/v1/write')).toBeVisible()
})

test('what is well is folded where it is much, and nothing is shown of nothing', async ({ page }) => {
  const [, up] = targetsOf({ hasMetrics: true })
  const many = Array.from({ length: 60 }, (_, place) => ({ ...up, scrapeUrl: `http://10.0.0.${place}/` }))
  await openWith(page, many as ScrapeTarget[])
  await expect(page.getByText('60 up')).toBeVisible()
  await expect(page.getByRole('table', { name: /^Scrape targets/ })).toBeHidden()
  await page.getByText('60 targets').click()
  await expect(page.getByText('and 10 more')).toBeVisible()
  await page.unrouteAll()
  await openWith(page, [])
  await expect(page.getByRole('heading', { name: 'Scrape targets' })).toBeHidden()
})

for (const colorScheme of ['light', 'dark'] as const) {
  test(`nothing hinders beside targets, ${colorScheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme })
    await openWith(page, targetsOf({ hasMetrics: true }))
    await expect(page.getByRole('table', { name: /^Scrape targets/ })).toBeVisible()
    expect(await hindrances(page)).toEqual([])
  })
}
