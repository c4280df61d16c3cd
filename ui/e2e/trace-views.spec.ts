// What one does with a large trace: overview, path, finding, leaving out, other views. All of it is in the URL.

import type { APIRequestContext } from '@playwright/test'
import { joined, ofService, otlpSpan, type SpanFields, spanId } from '../mock/otlp.ts'
import type { SchemaTracesData } from '../src/api/schema.d.ts'
import { newTraceId, site } from './site.ts'
import { expect, hindrances, type Page, test } from './test.ts'

const MS = 1_000_000n

/** `web > cart > db`, and a slow `mail` that fails beside them. */
function order(id: string): SchemaTracesData {
  const start = BigInt(Date.now()) * MS - 1000n * MS
  const span = (service: string, number: number, from: number, to: number, fields: SpanFields) =>
    ofService(service, [
      otlpSpan(id, spanId(number), `${service} work`, {
        start: start + BigInt(from) * MS,
        end: start + BigInt(to) * MS,
        ...fields,
      }),
    ])
  return joined([
    span('web', 1, 0, 200, { kind: 'server' }),
    span('cart', 2, 10, 60, { kind: 'server', parent: spanId(1), attributes: { 'http.route': '/cart' } }),
    span('db', 3, 20, 50, { kind: 'client', parent: spanId(2), attributes: { 'db.rows': 7 } }),
    span('mail', 4, 70, 190, { kind: 'server', parent: spanId(1), error: 'mailbox full' }),
    span('mail', 5, 80, 90, { kind: 'internal', parent: spanId(4) }),
  ])
}

async function sendOrder(request: APIRequestContext): Promise<string> {
  const id = newTraceId()
  const response = await request.post(`${site.otlpHttp}/v1/traces`, { data: order(id) })
  if (!response.ok()) throw new Error(`the spans were not taken: ${response.status()}`)
  return id
}

const rows = (page: Page) => page.getByRole('treegrid').getByRole('row')
const selected = (page: Page) => page.locator('[role="row"][aria-selected="true"]')

test('the critical path is drawn, summed up by service, and all that is left if one asks', async ({
  page,
  request,
}) => {
  const id = await sendOrder(request)
  await page.goto(`/traces/${id}`)
  await expect(rows(page)).toHaveCount(1 + 5)
  await page.keyboard.press('c')
  await expect(page).toHaveURL(/cp=1/)
  const services = page.getByRole('list', { name: 'Critical path by service' })
  await expect(services).toContainText('mail 60.0 %')
  await expect(rows(page).filter({ has: page.locator('.span-time__path') })).toHaveCount(5)
  await page.getByRole('combobox', { name: 'Spans that are shown' }).selectOption('path')
  await page.reload()
  await expect(services).toContainText('mail 60.0 %')
  await page.keyboard.press('End')
  await expect(page.getByRole('complementary')).toContainText('on it for 10.0 ms')
  await page.goBack()
  await expect(page).not.toHaveURL(/span=/)
})

test('found spans are counted, marked and gone through', async ({ page, request }) => {
  const id = await sendOrder(request)
  await page.goto(`/traces/${id}`)
  await expect(rows(page)).toHaveCount(1 + 5)
  await page.keyboard.press('/')
  const field = page.getByRole('searchbox', { name: 'Find spans' })
  await expect(field).toBeFocused()
  await page.keyboard.type('mail')
  await expect(page.getByText('2 found')).toBeVisible()
  await page.keyboard.press('Enter')
  await expect(page.getByText('1 of 2')).toBeVisible()
  await expect(selected(page)).toContainText('mail work')
  await page.keyboard.press('Escape')
  await page.keyboard.press('n')
  await expect(page.getByText('2 of 2')).toBeVisible()
  await field.fill('db.rows=7')
  await expect(page.getByText('1 found')).toBeVisible()
  await page.getByRole('combobox', { name: 'Spans that are shown' }).selectOption('matches')
  await expect(rows(page)).toHaveCount(1 + 3)
  await page.reload()
  await expect(rows(page)).toHaveCount(1 + 3)
  await field.fill('nothing has this')
  await expect(page.getByText(/No span that is shown matches/)).toBeVisible()
  await page.getByRole('button', { name: 'Show all spans' }).click()
  await expect(rows(page)).toHaveCount(1 + 5)
})

test('a pruned service leaves a mark with its errors, and comes back', async ({ page, request }) => {
  const id = await sendOrder(request)
  await page.goto(`/traces/${id}`)
  await page.getByRole('button', { name: /^mail/ }).click()
  await expect(rows(page)).toHaveCount(1 + 3)
  await expect(rows(page).nth(1)).toContainText('2 spans pruned')
  await expect(rows(page).nth(1)).toContainText('1 error')
  await page.reload()
  await expect(rows(page)).toHaveCount(1 + 3)
  await page.goBack()
  await expect(rows(page)).toHaveCount(1 + 5)
  await page.getByRole('button', { name: /^web/ }).click()
  await page.getByRole('button', { name: 'Show all services' }).last().click()
  await expect(rows(page)).toHaveCount(1 + 5)
})

test('the time can be zoomed by a drag and by keys', async ({ page, request }) => {
  const id = await sendOrder(request)
  await page.goto(`/traces/${id}`)
  const strip = page.locator('.minimap__strip')
  const box = await strip.boundingBox()
  if (box === null) throw new Error('the minimap is nowhere')
  // By `hover`, which waits until it stands still: what comes late may move it.
  await strip.hover({ position: { x: box.width / 2, y: 20 } })
  await page.mouse.down()
  await strip.hover({ position: { x: box.width * 0.75, y: 20 } })
  await page.mouse.up()
  await expect(page).toHaveURL(/zoom=\d+,\d+/)
  await expect(page.getByText(/^Shown: 100 ms to 150 ms/)).toBeVisible()
  // What lies outside says where.
  await expect(rows(page).filter({ hasText: 'db work' })).toContainText('◂ 30.0 ms')
  await page.reload()
  await expect(page.getByText(/^Shown: 100 ms to 150 ms/)).toBeVisible()
  await page.keyboard.press('0')
  await expect(page).not.toHaveURL(/zoom=/)
  await page.keyboard.press('w')
  await expect(page).toHaveURL(/zoom=\d+,\d+/)
  await strip.dblclick()
  await expect(page).not.toHaveURL(/zoom=/)
})

test('the flame graph and the table lead to the same spans', async ({ page, request }) => {
  const id = await sendOrder(request)
  await page.goto(`/traces/${id}`)
  await expect(rows(page)).toHaveCount(1 + 5)
  await page.keyboard.press('f')
  const flame = page.getByRole('application', { name: 'Flame graph' })
  await expect(flame.locator('canvas')).toHaveAttribute('data-painted', /\d/)
  const focus = flame.getByRole('button')
  await focus.focus()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('ArrowDown')
  await expect(focus).toHaveAccessibleName(/^cart cart work, 50.0 ms, level 2/)
  await page.keyboard.press('ArrowRight')
  await expect(focus).toHaveAccessibleName(/^mail mail work, 120 ms, error, level 2/)
  await expect(page.getByRole('complementary')).toContainText('mailbox full')

  await page.keyboard.press('v')
  const table = page.getByRole('table', { name: 'Spans' })
  await expect(table.getByRole('row')).toHaveCount(1 + 5)
  await expect(table.locator('[aria-current="true"]')).toContainText('mail')
  await page.getByRole('button', { name: 'By operation' }).click()
  const operations = page.getByRole('table', { name: 'Operations' })
  await expect(operations.getByRole('row')).toHaveCount(1 + 4)
  await operations.getByRole('button', { name: 'Spans' }).click()
  await expect(operations.getByRole('row').nth(1)).toContainText('mail')
  await page.reload()
  await expect(operations.getByRole('row').nth(1)).toContainText('mail')
})

test('the trace can be kept as a file', async ({ page, request }) => {
  const id = await sendOrder(request)
  await page.goto(`/traces/${id}`)
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'JSON' }).click(),
  ])
  expect(file.suggestedFilename()).toBe(`trace-${id}.json`)
})

for (const theme of ['light', 'dark'] as const) {
  test(`nothing hinders people, ${theme}`, async ({ page, request }) => {
    await page.emulateMedia({ colorScheme: theme })
    const id = await sendOrder(request)
    for (const view of ['', '&view=flame', '&view=table', '&view=table&group=operation&colour=duration']) {
      await page.goto(`/traces/${id}?span=${spanId(4)}&cp=1&find=mail&hideSvc=db${view}`)
      await expect(page.getByRole('list', { name: 'Critical path by service' })).toBeVisible()
      await expect(page.getByRole('complementary')).toBeVisible()
      expect(await hindrances(page), view).toEqual([])
    }
  })
}
