import { newTraceId, sendTrace } from './site.ts'
import { expect, hindrances, test } from './test.ts'

for (const theme of ['light', 'dark'] as const) {
  test.describe(theme, () => {
    test.use({ colorScheme: theme })

    test('the list of traces', async ({ page, request }) => {
      await sendTrace(request, { id: newTraceId(), service: 'failing', name: 'GET /a', error: 'x' })
      await page.goto('/traces')
      await expect(page.getByRole('link', { name: 'checkout GET /cart/0' })).toBeVisible()
      await expect(page.getByText('Live', { exact: true })).toBeVisible()
      expect(await hindrances(page)).toEqual([])
    })

    test('the choice of a service', async ({ page }) => {
      await page.goto('/traces')
      await page.getByRole('combobox', { name: 'Service' }).click()
      await expect(page.getByRole('option', { name: 'checkout' })).toBeVisible()
      // While its list is open React Aria hides the rest of the page from screen readers, links and all. The focus cannot
      // get there: Tab closes the list first, as is shown below.
      expect(await hindrances(page, ['aria-hidden-focus'])).toEqual([])
      await page.keyboard.press('Tab')
      await expect(page.getByRole('listbox')).toBeHidden()
      expect(await hindrances(page)).toEqual([])
    })

    test('the choice of a time range', async ({ page }) => {
      await page.goto('/traces')
      await page.getByRole('button', { name: /^Time range/ }).click()
      await expect(page.getByRole('dialog')).toBeVisible()
      expect(await hindrances(page)).toEqual([])
    })

    test('a trace with a span that failed', async ({ page, request }) => {
      const id = newTraceId()
      await sendTrace(request, { id, service: 'failing', name: 'GET /a', error: 'x' })
      await page.goto(`/traces/${id}`)
      await expect(page.getByRole('treegrid')).toHaveAttribute('aria-rowcount', '5')
      await page.keyboard.press('e')
      await expect(page.getByRole('complementary')).toBeVisible()
      expect(await hindrances(page)).toEqual([])
    })

    test('the help', async ({ page }) => {
      await page.goto('/traces?service=checkout')
      await expect(page.getByRole('link', { name: /^checkout / })).toHaveCount(3)
      await page.keyboard.press('?')
      await expect(page.getByRole('dialog')).toBeVisible()
      expect(await hindrances(page)).toEqual([])
    })

    test('a server without spans', async ({ page }) => {
      await page.route('**/api/v1/traces?*', route => route.fulfill({ json: { traces: [] } }))
      await page.route('**/api/v1/sql', route =>
        route.fulfill({ json: { columns: [], rows: [[null]], row_count: 1 } }),
      )
      await page.goto('/traces')
      await expect(page.getByRole('heading', { name: 'No spans have come yet' })).toBeVisible()
      expect(await hindrances(page)).toEqual([])
    })
  })
}

test('the first tab stop leads past the bar', async ({ page }) => {
  await page.goto('/traces')
  await expect(page.getByRole('link', { name: 'checkout GET /cart/0' })).toBeVisible()
  await page.keyboard.press('Tab')
  await expect(page.getByRole('link', { name: 'Skip to the page' })).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('main')).toBeFocused()
  await expect(page).toHaveURL(/\/traces$/)
})

test('nothing moves for who asked for that', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' })
  await page.goto('/traces')
  await expect(page.getByRole('link', { name: 'checkout GET /cart/0' })).toBeVisible()
  const moving = await page.evaluate(() => document.getAnimations().length)
  expect(moving).toBe(0)
})
