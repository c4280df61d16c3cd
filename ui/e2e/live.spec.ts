import { newTraceId, sendTrace } from './site.ts'
import { expect, test } from './test.ts'

test('a span that is sent appears without a reload', async ({ page, request }) => {
  await page.goto('/traces')
  await expect(page.locator('a.traces__link').first()).toBeVisible()
  await page.evaluate(() => document.body.setAttribute('data-same-page', 'yes'))
  const name = `PUT /fresh/${newTraceId().slice(0, 8)}`
  await sendTrace(request, { id: newTraceId(), service: 'fresh', name })
  await expect(page.getByRole('link', { name: `fresh ${name}` })).toBeVisible()
  await expect(page.locator('body')).toHaveAttribute('data-same-page', 'yes')
})

test('a trace that is looked at grows while its spans come', async ({ page, request }) => {
  const id = newTraceId()
  await sendTrace(request, { id, service: 'growing', name: 'GET /growing', children: 1 })
  await page.goto(`/traces/${id}`)
  const grid = page.getByRole('treegrid')
  await expect(grid).toHaveAttribute('aria-rowcount', '3')
  await sendTrace(request, { id, service: 'late', name: 'GET /late', children: 1 })
  await expect(grid).toHaveAttribute('aria-rowcount', '5')
})

test('a server that is away is said to be, and what was shown stays', async ({ page, complaints }) => {
  await page.goto('/traces?service=checkout')
  await expect(page.getByRole('link', { name: /^checkout / })).toHaveCount(3)
  await page.route('**/api/v1/traces?*', route => route.abort('connectionrefused'))
  await expect(page.getByText(/^Reconnecting/)).toBeVisible()
  await expect(page.getByRole('link', { name: /^checkout / })).toHaveCount(3)
  await page.unroute('**/api/v1/traces?*')
  await expect(page.getByText('Live', { exact: true })).toBeVisible()
  // The browser reports every request without an answer.
  expect(complaints.filter(text => !text.includes('ERR_CONNECTION_REFUSED'))).toEqual([])
  complaints.length = 0
})
