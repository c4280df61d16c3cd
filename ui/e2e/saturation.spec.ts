// How full a service is, with answers to which metrics are added: what a server knows of them depends on what it was sent.

import type { APIRequestContext, Locator } from '@playwright/test'
import { saturationOf } from '../mock/saturation.ts'
import type { SchemaSaturationSeries, SchemaSignals } from '../src/api/schema.d.ts'
import { newNamespace, sendMesh, untilDrawn } from './mesh.ts'
import { expect, hindrances, type Page, test } from './test.ts'

async function mesh(request: APIRequestContext): Promise<string> {
  const namespace = newNamespace()
  await sendMesh(request, { namespace, requests: 4, failed: 1 })
  await untilDrawn(request, namespace, 2)
  return namespace
}

/** Opens the cart, as full as a service of the shop. */
async function openCart(page: Page, namespace: string, full: (times: number[]) => SchemaSaturationSeries[]) {
  await page.route('**/signals?*', async route => {
    const answer = await route.fetch()
    const signals = (await answer.json()) as SchemaSignals
    await route.fulfill({ response: answer, json: { ...signals, saturation: full(signals.times) } })
  })
  await page.goto(`/services/${namespace}/cart?range=15m`)
}

async function boxOf(locator: Locator) {
  const box = await locator.boundingBox()
  if (box === null) throw new Error('it is not on the page')
  return box
}

const FULL = (times: number[]) => saturationOf('shop/inventory', times)
const WELL = (times: number[]) => saturationOf('shop/cart', times)

test('the mark beside the name leads to what is full, from another tab, too', async ({ page, request }) => {
  const namespace = await mesh(request)
  await openCart(page, namespace, FULL)
  await expect(page.getByRole('figure', { name: 'Saturation' }).locator('canvas')).toBeVisible()
  await page.keyboard.press('3')
  await expect(page.getByRole('table', { name: 'Operations' })).toBeVisible()
  await page.getByRole('link', { name: /^saturation critical/ }).click()
  const table = page.getByRole('table', { name: 'What fills up' })
  await expect(table).toBeInViewport()
  await expect(table.getByRole('row').nth(1)).toContainText(/^critical/)
})

test('PromQL is shown and copied', async ({ page, request, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  const namespace = await mesh(request)
  await openCart(page, namespace, FULL)
  const table = page.getByRole('table', { name: 'What fills up' })
  await table.getByRole('button', { name: /^PromQL of requests refused/ }).click()
  await table.getByRole('button', { name: 'Copy' }).click()
  await expect(table.getByRole('button', { name: 'Copied' })).toBeVisible()
  expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(/^sum\(rate\(envoy_cluster_/)
})

for (const colorScheme of ['light', 'dark'] as const) {
  test(`nothing hinders, full or not, ${colorScheme}`, async ({ page, request }) => {
    await page.emulateMedia({ colorScheme })
    const namespace = await mesh(request)
    for (const state of [FULL, WELL, () => []]) {
      await page.unrouteAll()
      await openCart(page, namespace, state)
      await expect(page.locator('#saturation')).toBeVisible()
      expect(await hindrances(page)).toEqual([])
    }
  })
}

test('a narrow window shows all of it', async ({ page, request }) => {
  await page.setViewportSize({ width: 800, height: 900 })
  const namespace = await mesh(request)
  await openCart(page, namespace, FULL)
  await expect(page.getByRole('table', { name: 'What fills up' })).toBeVisible()
  const { width } = await boxOf(page.getByRole('table', { name: 'What fills up' }).locator('..'))
  expect(width).toBeLessThan(800)
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(800)
})
