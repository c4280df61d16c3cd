import { expect, test } from './test.ts'

const CARTS = [/^checkout GET \/cart\/2$/, /^checkout GET \/cart\/1$/, /^checkout GET \/cart\/0$/]

test('the newest traces are those that were sent, with what is in them', async ({ page }) => {
  await page.goto('/traces?service=checkout')
  for (const name of CARTS) {
    const row = page.getByRole('row').filter({ has: page.getByRole('link', { name }) })
    await expect(row).toHaveCount(1)
    await expect(row.getByRole('cell').nth(3)).toHaveText('4')
    await expect(row.getByRole('cell').nth(4)).toHaveText('none')
    await expect(row.getByRole('cell').nth(5)).toContainText('checkout')
  }
  await expect(page.getByText('Live', { exact: true })).toBeVisible()
})

test('a service is chosen from those that there are, stands in the URL, and Back undoes it', async ({
  page,
}) => {
  await page.goto('/traces')
  await page.getByRole('combobox', { name: 'Service' }).click()
  await page.getByRole('option', { name: 'checkout' }).click()
  await expect(page).toHaveURL('/traces?service=checkout')
  await expect(page.getByRole('link', { name: /^checkout / })).toHaveText(CARTS)
  await page.goBack()
  await expect(page).toHaveURL('/traces')
  await expect(page.getByRole('combobox', { name: 'Service' })).toHaveValue('')
})

test('a service that nobody suggests can be typed', async ({ page }) => {
  await page.goto('/traces?limit=200')
  await expect(page.getByRole('combobox', { name: 'Service' })).toBeVisible()
  await page.keyboard.press('s')
  await page.keyboard.type('nobody-at-all')
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL('/traces?limit=200&service=nobody-at-all')
  await expect(page.getByText('No traces of nobody-at-all in this time')).toBeVisible()
  await page.getByRole('button', { name: 'Show all services' }).click()
  await expect(page).toHaveURL('/traces?limit=200')
  await expect(page.getByRole('table', { name: 'Traces' })).toBeVisible()
})

test('a time range stands in the URL, and a past one is not live', async ({ page }) => {
  await page.goto('/traces?service=checkout')
  await page.getByRole('button', { name: 'Time range: Last hour' }).click()
  await page.getByRole('button', { name: 'Last 6 hours' }).click()
  await expect(page).toHaveURL('/traces?service=checkout&range=6h')
  await expect(page.getByRole('link', { name: /cart\/2$/ })).toBeVisible()

  await page.getByRole('button', { name: 'Time range: Last 6 hours' }).click()
  await page.getByLabel('From', { exact: true }).fill('2020-01-01T00:00:00')
  await page.getByLabel('To', { exact: true }).fill('2020-01-01T01:00:00')
  await page.getByRole('button', { name: 'Show this time' }).click()
  await expect(page).toHaveURL(/service=checkout&start=[^&]+Z&end=[^&]+Z$/)
  await expect(page.getByText('Fixed time range')).toBeVisible()
  await expect(page.getByText('No traces of checkout in this time')).toBeVisible()
})

test('a link shows the same again', async ({ page }) => {
  const url = '/traces?service=checkout&range=6h&limit=2&live=off'
  await page.goto(url)
  await expect(page.getByRole('link', { name: /^checkout / })).toHaveText(CARTS.slice(0, 2))
  await expect(page.getByText(/^Paused/)).toBeVisible()
  await page.reload()
  await expect(page).toHaveURL(url)
  await expect(page.getByRole('link', { name: /^checkout / })).toHaveText(CARTS.slice(0, 2))
})

test('a server without spans tells how to send the first', async ({ page }) => {
  await page.route('**/api/v1/traces?*', route => route.fulfill({ json: { traces: [] } }))
  await page.route('**/api/v1/sql', route =>
    route.fulfill({ json: { columns: [], rows: [[null]], row_count: 1 } }),
  )
  await page.goto('/traces')
  await expect(page.getByRole('heading', { name: 'No spans have come yet' })).toBeVisible()
  await expect(page.getByText(new RegExp(`${new URL(page.url()).hostname}:\\d+/v1/traces`))).toBeVisible()
  await page.getByRole('button', { name: 'OpenTelemetry Collector' }).click()
  await expect(page.getByText('otlp_grpc/spanloom:')).toBeVisible()
})

test('the theme is the system’s until one is chosen, and stays chosen', async ({ page }) => {
  await page.emulateMedia({ colorScheme: 'light' })
  await page.goto('/traces')
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
  await expect.poll(background).toBe('rgb(255, 255, 255)')
  await page.getByRole('button', { name: /^Theme/ }).click()
  await page.getByRole('option', { name: 'Dark' }).click()
  await expect.poll(background).toBe('rgb(13, 17, 23)')
  await page.reload()
  await expect.poll(background).toBe('rgb(13, 17, 23)')
})
