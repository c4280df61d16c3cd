import { DRAWN_WITHIN_MS, newNamespace, sendMesh, untilDrawn } from './mesh.ts'
import { newTraceId, sendTrace } from './site.ts'
import { expect, hindrances, test } from './test.ts'

for (const theme of ['light', 'dark'] as const) {
  test.describe(theme, () => {
    test.use({ colorScheme: theme })

    test('the mesh, with an edge that fails', async ({ page, request }) => {
      const namespace = newNamespace()
      await sendMesh(request, { namespace, requests: 4, failed: 1 })
      await page.goto(`/topology?namespace=${namespace}`)
      await expect(page.getByText('3 nodes, 2 edges', { exact: true })).toBeVisible()
      await page.getByText('Legend').click()
      expect(await hindrances(page)).toEqual([])
      await page.keyboard.press('e')
      await page.getByRole('complementary').getByRole('button', { name: 'web' }).click()
      await expect(page.getByRole('complementary')).toHaveAttribute('aria-label', 'Details of the edge')
      expect(await hindrances(page)).toEqual([])
    })

    test('the tables of the mesh', async ({ page, request }) => {
      const namespace = newNamespace()
      await sendMesh(request, { namespace, requests: 4, failed: 1 })
      for (const table of ['nodes', 'edges']) {
        await page.goto(`/topology?namespace=${namespace}&view=table&table=${table}&node=${namespace}/cart`)
        await expect(page.getByText('3 nodes, 2 edges', { exact: true })).toBeVisible()
        expect(await hindrances(page)).toEqual([])
      }
    })

    test('what is not paired', async ({ page, request }) => {
      // Nothing says whom its children called.
      await sendTrace(request, { id: newTraceId(), service: 'lonely', name: 'GET /a' })
      await page.goto('/topology')
      await page.getByRole('button', { name: /not paired$/ }).click({ timeout: DRAWN_WITHIN_MS })
      await expect(page.getByRole('dialog')).toBeVisible()
      expect(await hindrances(page)).toEqual([])
    })

    test('the services, one of them, and its calls', async ({ page, request }) => {
      const namespace = newNamespace()
      await sendMesh(request, { namespace, requests: 4, failed: 1 })
      await untilDrawn(request, namespace, 2)
      await page.goto(`/services?namespace=${namespace}`)
      await expect(page.getByRole('link', { name: 'cart' })).toBeVisible()
      expect(await hindrances(page)).toEqual([])
      await page.goto(`/services/${namespace}/cart?live=off`)
      const latency = page.getByRole('figure', { name: 'Latency', exact: true })
      await latency.getByText('Show data').click()
      await expect(latency.getByRole('table')).toBeVisible()
      await expect(page.getByRole('list', { name: 'Called by' })).toBeVisible()
      expect(await hindrances(page)).toEqual([])
      for (const [key, table] of [
        ['2', 'Called by'],
        ['3', 'Operations'],
      ] as const) {
        await page.keyboard.press(key)
        await expect(page.getByRole('table', { name: table })).toBeVisible()
        expect(await hindrances(page)).toEqual([])
      }
    })

    test('the list of traces', async ({ page, request }) => {
      await sendTrace(request, { id: newTraceId(), service: 'failing', name: 'GET /a', error: 'x' })
      await page.goto('/traces?service=checkout')
      await expect(page.getByRole('link', { name: 'checkout GET /cart/0' })).toBeVisible()
      await expect(page.getByText('Live', { exact: true })).toBeVisible()
      expect(await hindrances(page)).toEqual([])
    })

    test('the choice of a service', async ({ page }) => {
      await page.goto('/traces')
      await page.getByRole('combobox', { name: 'Service' }).click()
      await expect(page.getByRole('option', { name: 'checkout' })).toBeVisible()
      expect(await hindrances(page)).toEqual([])
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
  await page.goto('/traces?service=checkout')
  await expect(page.getByRole('link', { name: 'checkout GET /cart/0' })).toBeVisible()
  await page.keyboard.press('Tab')
  await expect(page.getByRole('link', { name: 'Skip to the page' })).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('main')).toBeFocused()
  await expect(page).toHaveURL(/\/traces\?service=checkout$/)
})

test('nothing moves for who asked for that', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' })
  await page.goto('/topology')
  await expect(page.getByRole('application')).toBeVisible()
  expect(await page.evaluate(() => document.getAnimations().length)).toBe(0)
  await page.goto('/traces?service=checkout')
  await expect(page.getByRole('link', { name: 'checkout GET /cart/0' })).toBeVisible()
  const moving = await page.evaluate(() => document.getAnimations().length)
  expect(moving).toBe(0)
})
