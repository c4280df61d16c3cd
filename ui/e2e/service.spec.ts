import type { APIRequestContext, Locator } from '@playwright/test'
import { newNamespace, sendMesh, untilDrawn } from './mesh.ts'
import { expect, type Page, test } from './test.ts'

/** A mesh of three services whose cart fails once in four. */
async function mesh(request: APIRequestContext): Promise<string> {
  const namespace = newNamespace()
  await sendMesh(request, { namespace, requests: 4, failed: 1 })
  await untilDrawn(request, namespace, 2)
  return namespace
}

const figure = (page: Page, name: string) => page.getByRole('figure', { name, exact: true })

async function boxOf(locator: Locator) {
  const box = await locator.boundingBox()
  if (box === null) throw new Error('it is not on the page')
  return box
}

test('from the list to a service, and from an example of its latencies to the trace', async ({
  page,
  request,
}) => {
  const namespace = await mesh(request)
  await page.goto(`/services?namespace=${namespace}`)
  const list = page.getByRole('table', { name: 'Services' })
  await expect(list.getByRole('row')).toHaveCount(4)
  await expect(list.getByRole('row').nth(1)).toContainText(/cart.*failing.*25.0 %/)
  await list.getByRole('link', { name: 'cart' }).click()
  await expect(page).toHaveURL(`/services/${namespace}/cart`)
  await expect(page.getByText('4 requests', { exact: true })).toBeVisible()
  await expect(page.getByText('1 failed', { exact: true })).toBeVisible()
  for (const name of ['Latency', 'Traffic', 'Error rate', 'Errors by class']) {
    await expect(figure(page, name).locator('canvas')).toBeVisible()
  }
  const heat = figure(page, 'Latency of each call').locator('canvas')
  await expect(heat).toHaveAttribute('data-dots', /\d/)
  // The dots go on with the time; the one that is pointed at is the one that is pressed.
  await expect(async () => {
    const [x = 0, y = 0] = ((await heat.getAttribute('data-dots')) ?? '').split(/[ ,]/).map(Number)
    await heat.hover({ position: { x, y }, timeout: 1000 })
    await expect(page.getByText('Click to open the trace')).toBeVisible({ timeout: 200 })
  }).toPass()
  await page.mouse.down()
  await page.mouse.up()
  await expect(page).toHaveURL(/\/traces\/[0-9a-f]{32}\?span=[0-9a-f]{16}/)
  await expect(page.getByRole('treegrid')).toBeVisible()
})

test('a brush looks closer, a double click further away, Back undoes both, and reload restores', async ({
  page,
  request,
}) => {
  const namespace = await mesh(request)
  await page.goto(`/services/${namespace}/cart?range=15m&live=off`)
  const plot = figure(page, 'Traffic').locator('.u-over')
  const { width, height } = await boxOf(plot)
  // By `hover`, which waits until it stands still.
  await plot.hover({ position: { x: width * 0.7, y: height / 2 } })
  await page.mouse.down()
  await plot.hover({ position: { x: width * 0.8, y: height / 2 } })
  await plot.hover({ position: { x: width - 1, y: height / 2 } })
  await page.mouse.up()
  await expect(page).toHaveURL(/start=[^&]+&end=/)
  await expect(page.getByText('Fixed time range')).toBeVisible()
  const zoomed = page.url()
  await expect(figure(page, 'Traffic')).toBeVisible()
  await page.reload()
  await expect(figure(page, 'Traffic').locator('canvas')).toBeVisible()
  expect(page.url()).toBe(zoomed)
  await figure(page, 'Traffic').locator('.u-over').dblclick()
  await expect(page).not.toHaveURL(zoomed)
  await page.goBack()
  await expect(page).toHaveURL(zoomed)
  await page.goBack()
  await expect(page).toHaveURL(/range=15m/)
})

test('one cursor goes through all charts', async ({ page, request }) => {
  const namespace = await mesh(request)
  await page.goto(`/services/${namespace}/cart?range=15m&live=off`)
  const heat = figure(page, 'Latency of each call').locator('canvas')
  await expect(heat).toBeVisible()
  const { width, height } = await boxOf(heat)
  await heat.hover({ position: { x: width / 2, y: height / 3 } })
  const times = page.locator('figure time[data-pointed="true"]')
  await expect(times).toHaveCount(4)
  expect(new Set(await times.allTextContents()).size).toBe(1)
  await figure(page, 'Error rate')
    .locator('.u-over')
    .hover({ position: { x: 30, y: 40 } })
  await expect(page.locator('.heat__cursor')).toBeVisible()
  await page.mouse.move(5, 5)
  await expect(times).toHaveCount(0)
})

test('keys alone lead from the list to an edge', async ({ page, request }) => {
  const namespace = await mesh(request)
  await page.goto('/traces')
  await expect(page.getByRole('combobox', { name: 'Service' })).toBeVisible()
  await page.keyboard.press('g')
  await page.keyboard.press('s')
  await expect(page.getByRole('table', { name: 'Services' })).toBeVisible()
  await page.keyboard.press('/')
  await page.keyboard.type(`${namespace}/web`)
  await expect(page.getByText(/^1 of \d+ services: 1 /)).toBeVisible()
  await page.keyboard.press('Enter')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { level: 1, name: 'web' })).toBeVisible()
  await page.keyboard.press('2')
  const calls = page.getByRole('table', { name: 'Calls' })
  await expect(calls.getByRole('row')).toHaveCount(2)
  await page.keyboard.press('j')
  await page.keyboard.press('j')
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(new RegExp(`/topology\\?edge=${namespace}/web-%3E${namespace}/cart`))
  await expect(page.getByRole('complementary')).toHaveAttribute('aria-label', 'Details of the edge')
})

test('a node of the topology leads to its service', async ({ page, request }) => {
  const namespace = await mesh(request)
  await page.goto(`/topology?namespace=${namespace}&node=${namespace}/cart`)
  await page.getByRole('link', { name: 'Open service' }).click()
  await expect(page).toHaveURL(`/services/${namespace}/cart`)
  await expect(page.getByRole('list', { name: 'Called by' }).getByRole('link', { name: 'web' })).toBeVisible()
})

test('the page keeps its shape while it loads, and what failed can be asked again', async ({
  page,
  request,
  complaints,
}) => {
  const namespace = await mesh(request)
  let release = () => {}
  const held = new Promise<void>(resolve => {
    release = resolve
  })
  let isDown = true
  await page.route('**/signals?*', async route => {
    await held
    return isDown ? route.abort() : route.continue()
  })
  await page.goto(`/services/${namespace}/cart?live=off`)
  await expect(page.getByRole('status', { name: 'Loading the signals' })).toBeVisible()
  release()
  await expect(page.getByRole('heading', { name: 'The server does not answer' })).toBeVisible()
  isDown = false
  await page.getByRole('button', { name: 'Try again' }).click()
  await expect(figure(page, 'Latency')).toBeVisible()
  expect(complaints.filter(text => !text.includes('ERR_FAILED'))).toEqual([])
  complaints.length = 0
})

test('a service that had no call says so and leads on', async ({ page, complaints }) => {
  const namespace = newNamespace()
  await page.goto(`/services/${namespace}/nobody?range=5m&live=off`)
  await expect(
    page.getByRole('heading', { name: `No calls of ${namespace}/nobody in this time` }),
  ).toBeVisible()
  await page.getByRole('link', { name: 'All services' }).click()
  await expect(page).toHaveURL('/services?live=off')
  // The browser reports every answer that is 404.
  expect(complaints.filter(text => !text.includes('404'))).toEqual([])
  complaints.length = 0
})
