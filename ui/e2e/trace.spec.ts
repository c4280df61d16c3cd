import { newTraceId, sendTrace } from './site.ts'
import { expect, type Page, test } from './test.ts'

const rows = (page: Page) => page.getByRole('treegrid').getByRole('row')
const details = (page: Page) => page.getByRole('complementary', { name: 'Details of the span' })

test('a click leads to the trace, and to everything that a span says', async ({ page }) => {
  await page.goto('/traces?service=checkout')
  await page.getByRole('link', { name: 'checkout GET /cart/1' }).click()
  await expect(page).toHaveURL(/\/traces\/[0-9a-f]{32}$/)
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('checkout GET /cart/1')
  await expect(rows(page)).toHaveCount(1 + 4)

  await rows(page).nth(2).click()
  await expect(page).toHaveURL(/\?span=[0-9a-f]{16}$/)
  await expect(details(page)).toContainText('http.request.method')
  await expect(details(page)).toContainText('service.name')
  await expect(details(page).getByText('client', { exact: true })).toBeVisible()

  await page.goBack()
  await expect(details(page)).toBeHidden()
  await expect(page).toHaveURL(/\/traces\/[0-9a-f]{32}$/)
})

test('the way from the list to a span needs no mouse', async ({ page }) => {
  await page.goto('/traces?service=checkout')
  await expect(page.getByRole('link', { name: /^checkout / })).toHaveCount(3)
  await page.keyboard.press('j')
  await page.keyboard.press('j')
  await expect(page.getByRole('link', { name: 'checkout GET /cart/1' })).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(rows(page)).toHaveCount(1 + 4)

  await page.keyboard.press('j')
  await expect(rows(page).nth(1)).toHaveAttribute('aria-selected', 'true')
  await page.keyboard.press('ArrowDown')
  await expect(rows(page).nth(2)).toHaveAttribute('aria-selected', 'true')
  await page.keyboard.press('k')
  await page.keyboard.press('ArrowLeft')
  await expect(rows(page)).toHaveCount(1 + 1)
  await page.keyboard.press('ArrowRight')
  await expect(rows(page)).toHaveCount(1 + 4)
  await page.keyboard.press('End')
  await expect(rows(page).nth(4)).toHaveAttribute('aria-selected', 'true')

  await page.keyboard.press('Enter')
  await expect(details(page)).toBeFocused()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('treegrid')).toBeFocused()
  await page.keyboard.press('Escape')
  await expect(details(page)).toBeHidden()
  await page.keyboard.press('g')
  await page.keyboard.press('r')
  await expect(page).toHaveURL(/\/traces$/)
})

test('a link to a span opens the trace at it', async ({ page, request }) => {
  const id = newTraceId()
  await sendTrace(request, { id, service: 'deep', name: 'GET /deep', children: 200, error: 'out of stock' })
  const last = (201).toString(16).padStart(16, '0')
  await page.goto(`/traces/${id}?span=${last}`)
  await expect(details(page)).toContainText('out of stock')
  const row = page.locator(`[aria-selected="true"]`)
  await expect(row).toContainText('step 200')
  await expect(row).toBeInViewport({ ratio: 1 })
  await page.reload()
  await expect(row).toContainText('step 200')
})

test('an error is told by shape and word, and e finds it', async ({ page, request }) => {
  const id = newTraceId()
  await sendTrace(request, {
    id,
    service: 'failing',
    name: 'POST /order',
    children: 3,
    error: 'card refused',
  })
  await page.goto(`/traces/${id}`)
  await expect(rows(page).nth(4)).toContainText('error')
  await expect(rows(page).nth(4).locator('.mark--bad')).toBeVisible()
  await page.keyboard.press('e')
  await expect(rows(page).nth(4)).toHaveAttribute('aria-selected', 'true')
  await expect(details(page)).toContainText('card refused')
})

test('only the rows in sight of a long trace are in the page, and all can be reached', async ({
  page,
  request,
}) => {
  const id = newTraceId()
  await sendTrace(request, { id, service: 'long', name: 'GET /long', children: 1500 })
  await page.goto(`/traces/${id}`)
  await expect(page.getByRole('treegrid')).toHaveAttribute('aria-rowcount', '1502')
  expect(await rows(page).count()).toBeLessThan(100)
  await page.keyboard.press('End')
  await expect(page.getByRole('row', { name: /step 1500/ })).toBeInViewport({ ratio: 1 })
  await page.keyboard.press('Home')
  await expect(rows(page).nth(1)).toHaveAttribute('aria-selected', 'true')
})

test('an id that nobody has sent says so', async ({ page, complaints }) => {
  await page.goto(`/traces/${newTraceId()}`)
  await expect(page.getByRole('heading', { name: 'There is no trace with this id' })).toBeVisible()
  // The browser reports every answer that is 404.
  const expected = complaints.filter(text => text.includes('404'))
  expect(complaints).toEqual(expected)
  complaints.length = 0
})
