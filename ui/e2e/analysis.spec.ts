// What is said of traces as a whole: of one, of two beside each other, of all that a search finds.

import type { APIRequestContext } from '@playwright/test'
import { joined, ofService, otlpSpan, type SpanFields, spanId } from '../mock/otlp.ts'
import type { SchemaTracesData } from '../src/api/schema.d.ts'
import { newTraceId, site } from './site.ts'
import { expect, hindrances, type Page, test } from './test.ts'

const MS = 1_000_000n

interface Order {
  id: string
  /** Of the entry; that of the database has `-db` behind it. */
  service: string
  /** How long the database takes for all queries. */
  ms: number
}

/** An entry that asks its database six times, one after another; a span below one that did not come. */
function order({ id, service, ms }: Order): SchemaTracesData {
  const start = BigInt(Date.now()) * MS - 2000n * MS
  const span = (of: string, number: number, name: string, from: number, to: number, fields: SpanFields) =>
    ofService(of, [
      otlpSpan(id, spanId(number), name, {
        start: start + BigInt(Math.round(from * 1000)) * 1000n,
        end: start + BigInt(Math.round(to * 1000)) * 1000n,
        ...fields,
      }),
    ])
  const queries = [0, 1, 2, 3, 4, 5].map(place => {
    const from = 5 + (place * ms) / 6
    return span(`${service}-db`, 10 + place, 'SELECT', from, from + ms / 6, {
      kind: 'client',
      parent: spanId(1),
    })
  })
  return joined([
    span(service, 1, 'GET /orders', 0, ms + 10, { kind: 'server' }),
    ...queries,
    span(service, 3, 'lost', 6, 8, { parent: spanId(0x77), error: 'gone' }),
  ])
}

async function sendOrder(request: APIRequestContext, order_: Order): Promise<void> {
  const response = await request.post(`${site.otlpHttp}/v1/traces`, { data: order(order_) })
  if (!response.ok()) throw new Error(`the spans were not taken: ${response.status()}`)
}

/** A slow and a fast trace of a service that no other test has. */
async function sendTwo(request: APIRequestContext) {
  const service = `whole-${newTraceId().slice(0, 8)}`
  const [slow, fast] = [newTraceId(), newTraceId()]
  await sendOrder(request, { id: slow, service, ms: 120 })
  await sendOrder(request, { id: fast, service, ms: 30 })
  return { service, slow, fast }
}

const region = (page: Page, name: string) => page.getByRole('region', { name })

test('an analysis tells what stands out, and leads to the spans', async ({ page, request }) => {
  const { service, slow } = await sendTwo(request)
  await page.goto(`/traces/${slow}`)
  await page.getByRole('button', { name: 'Analysis', exact: true }).click()
  await expect(page).toHaveURL(/view=analysis/)
  const findings = region(page, 'What stands out')
  await expect(findings).toContainText(`${service}-db SELECT itself: 120 ms`)
  await expect(findings).toContainText(`calls ${service}-db SELECT 6 times, one after another, 120 ms in all`)
  await expect(findings).toContainText('1 span failed')
  await expect(findings).toContainText('1 span has a parent that did not come')
  await findings.getByRole('button', { name: `${service} lost` }).click()
  await expect(page.getByRole('treegrid')).toBeVisible()
  await expect(page.getByRole('complementary')).toContainText('lost')
  await page.goBack()
  await expect(region(page, 'Services').getByRole('row')).toHaveCount(1 + 2)
  await region(page, 'Operations').getByRole('button', { name: 'SELECT' }).click()
  await expect(page).toHaveURL(/only=matches/)
  await expect(page.getByRole('treegrid').getByRole('row')).toHaveCount(1 + 7)
})

test('a trace is compared with the fastest of its operation, and swapped', async ({ page, request }) => {
  const { service, slow, fast } = await sendTwo(request)
  await page.goto(`/traces/${slow}?view=compare`)
  await page.getByRole('button', { name: 'Fastest' }).click()
  await page.getByRole('button', { name: `Compare with ${fast}` }).click()
  await expect(page.getByText('This one is 90.0 ms slower')).toBeVisible()
  await page.reload()
  const together = page.getByRole('table', { name: 'Time on the critical path' })
  await expect(together.getByRole('row').nth(1)).toContainText(`${service}-db SELECT`)
  await expect(together.getByRole('row').nth(1)).toContainText('+90.0 ms')
  await expect(page.getByRole('table', { name: 'Both traces' }).getByRole('row')).toHaveCount(1 + 3)
  await page.getByRole('link', { name: 'Swap' }).click()
  await expect(page).toHaveURL(new RegExp(`/traces/${fast}\\?.*with=${slow}`))
  await expect(page.getByText('This one is 90.0 ms faster')).toBeVisible()
  await page.goBack()
  await expect(page.getByText('This one is 90.0 ms slower')).toBeVisible()
})

test('what all traces of a search waited for is added up; a click narrows the search', async ({
  page,
  request,
}) => {
  const { service } = await sendTwo(request)
  await page.goto(`/traces?q=${encodeURIComponent(`{ resource.service.name = "${service}" }`)}`)
  await expect(page.getByRole('table', { name: 'Traces' }).locator('a[data-trace]')).toHaveCount(2)
  await page.getByRole('button', { name: 'Analysis', exact: true }).click()
  await expect(page).toHaveURL(/view=paths/)
  await expect(page.getByText('2 traces', { exact: true })).toBeVisible()
  // 150 of 170 ms.
  await expect(region(page, 'Services').getByRole('row').nth(1)).toContainText('88.2 %')
  await expect(region(page, 'Frequent paths').getByRole('listitem')).toHaveCount(1)
  await region(page, 'Operations').getByRole('button', { name: 'GET /orders' }).click()
  await expect(page.getByRole('combobox', { name: 'TraceQL query' })).toHaveValue(
    `{ resource.service.name = "${service}" && name = "GET /orders" && kind = server }`,
  )
  await page.getByRole('button', { name: 'Traces', exact: true }).click()
  await expect(page.getByRole('table', { name: 'Traces' }).locator('a[data-trace]')).toHaveCount(2)
})

for (const theme of ['light', 'dark'] as const) {
  test.describe(theme, () => {
    test.use({ colorScheme: theme })

    test('nothing hinders people: analysis, choice, comparison, paths', async ({ page, request }) => {
      const { service, slow, fast } = await sendTwo(request)
      await page.goto(`/traces/${slow}?view=analysis`)
      await expect(region(page, 'Operations')).toBeVisible()
      expect(await hindrances(page)).toEqual([])
      await page.goto(`/traces/${slow}?view=compare`)
      await expect(page.getByRole('table', { name: 'Traces to compare with' })).toBeVisible()
      expect(await hindrances(page)).toEqual([])
      await page.goto(`/traces/${slow}?view=compare&with=${fast}`)
      await expect(page.getByRole('table', { name: 'Both traces' })).toBeVisible()
      expect(await hindrances(page)).toEqual([])
      await page.goto(
        `/traces?view=paths&q=${encodeURIComponent(`{ resource.service.name = "${service}" }`)}`,
      )
      await expect(region(page, 'Frequent paths')).toBeVisible()
      expect(await hindrances(page)).toEqual([])
    })
  })
}
