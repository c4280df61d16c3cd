// Charts of metrics queries: against the mock, and against the server, which has other spans as well.

import type { APIRequestContext } from '@playwright/test'
import { newTraceId, sendTrace } from './site.ts'
import { expect, hindrances, type Page, test } from './test.ts'

/** A service that no other test sends spans of: two traces that failed in a step, one that did not. */
async function sendShop(request: APIRequestContext): Promise<string> {
  const service = `metrics-${newTraceId().slice(0, 8)}`
  for (const error of ['broken', 'broken', undefined]) {
    const name = error === undefined ? 'GET /fine' : 'GET /failed'
    await sendTrace(request, { id: newTraceId(), service, name, ...(error === undefined ? {} : { error }) })
  }
  return service
}

const bar = (page: Page) => page.getByRole('combobox', { name: 'TraceQL query' })
const rows = (page: Page) => page.getByRole('table', { name: 'Series' }).getByRole('row')
const at = (q: string, rest = '') => `/traces?q=${encodeURIComponent(q)}${rest}`
const of = (service: string) => `{ resource.service.name = "${service}" }`

test('by keyboard alone: type a metrics query, see its series, go to the traces of one, and Back', async ({
  page,
  request,
}) => {
  const service = await sendShop(request)
  await page.goto('/traces')
  await expect(bar(page)).toBeVisible()
  await page.keyboard.press('/')
  await page.keyboard.type(`${of(service)} | count_`)
  await expect(page.getByRole('option', { name: /^count_over_time/ })).toBeVisible()
  await page.keyboard.press('Tab')
  await expect(bar(page)).toHaveValue(`${of(service)} | count_over_time() `)
  await page.keyboard.type('b')
  await page.keyboard.press('Tab')
  await page.keyboard.type('name')
  await page.keyboard.press('Escape')
  await page.keyboard.press('Enter')
  // What was left open is closed.
  await expect(page).toHaveURL(
    url => url.searchParams.get('q') === `${of(service)} | count_over_time() by (name)`,
  )
  await expect(rows(page)).toHaveCount(1 + 5)
  await page.getByRole('link', { name: 'Traces of GET /fine' }).press('Enter')
  await expect(page.getByRole('table', { name: 'Traces' }).locator('a[data-trace]')).toHaveText([
    `${service} GET /fine`,
  ])
  await page.goBack()
  await expect(rows(page)).toHaveCount(1 + 5)
})

test('a line is hidden, which a reload keeps; a drag over the chart shortens the time', async ({
  page,
  request,
}) => {
  const service = await sendShop(request)
  await page.goto(at(`${of(service)} | count_over_time() by (name)`, '&range=15m&live=off'))
  await expect(rows(page)).toHaveCount(1 + 5)
  await page.getByRole('button', { name: 'GET /fine', exact: true }).click()
  await expect(page).toHaveURL(/series=/)
  await page.reload()
  await expect(page.getByRole('button', { name: 'GET /fine', exact: true, pressed: false })).toBeVisible()
  await expect(page.getByRole('button', { name: 'GET /failed', exact: true, pressed: true })).toBeVisible()
  const plot = page.locator('.chart__plot')
  const { width } = (await plot.boundingBox()) ?? { width: 0 }
  await plot.hover({ position: { x: width / 2, y: 60 } })
  await page.mouse.down()
  await plot.hover({ position: { x: width - 60, y: 60 } })
  await page.mouse.up()
  await expect(page).toHaveURL(/start=.*&end=/)
  await expect(page.getByText('Fixed time range')).toBeVisible()
})

test('durations are quantiles, and a picture', async ({ page, request }) => {
  const service = await sendShop(request)
  await page.goto(at(`${of(service)} | quantile_over_time(duration, 0.5, 0.9)`))
  await expect(page.getByRole('button', { name: 'p90', exact: true })).toBeVisible()
  await expect(rows(page)).toHaveCount(1 + 2)
  await bar(page).fill(`${of(service)} | histogram_over_time(duration)`)
  await page.keyboard.press('Enter')
  await expect(page.getByRole('img', { name: /^Distribution of duration: 12 spans/ })).toBeVisible()
})

test('what failed spans share is found', async ({ page, request }) => {
  const service = await sendShop(request)
  await page.goto(at(`${of(service)} | compare({ status = error })`))
  const names = page.getByRole('table', { name: /^name/ })
  await expect(names.getByRole('row', { name: /^step 3/ })).toContainText('100 %')
  await names.getByRole('link', { name: 'step 3' }).click()
  await expect(bar(page)).toHaveValue(
    `{ resource.service.name = "${service}" && status = error && name = "step 3" }`,
  )
  await expect(page.getByRole('table', { name: 'Traces' }).locator('a[data-trace]')).toHaveCount(2)
})

test('what is wrong with a metrics query is underlined', async ({ page, complaints }) => {
  await page.goto(at('{ status = eror } | rate()'))
  await expect(page.getByRole('alert')).toHaveText(/eror/)
  await expect(page.locator('.query-bar__text [data-wrong][data-token]')).toHaveText('eror')
  // Browsers write every refusal into their console.
  expect(complaints.splice(0).every(text => text.includes('400'))).toBe(true)
})

for (const theme of ['light', 'dark'] as const) {
  test.describe(theme, () => {
    test.use({ colorScheme: theme })

    test('nothing hinders people: lines, a heat map, a comparison', async ({ page, request }) => {
      const service = await sendShop(request)
      await page.goto(at(`${of(service)} | rate() by (name)`))
      await expect(rows(page)).toHaveCount(1 + 5)
      await page.getByText(/as a list$/).click()
      expect(await hindrances(page)).toEqual([])
      await page.goto(at(`${of(service)} | histogram_over_time(duration) by (name)`))
      await expect(page.getByRole('img').first()).toBeVisible()
      expect(await hindrances(page)).toEqual([])
      await page.goto(at(`${of(service)} | compare({ status = error })`))
      await expect(page.getByRole('table', { name: /^name/ })).toBeVisible()
      expect(await hindrances(page)).toEqual([])
    })
  })
}
