// A trace that does not fit in one answer. A real one has more than fifty thousand spans: here answers are made smaller on
// their way, by the rules of the server, so that it is the same whoever answers.

import { partOf, wholeOf } from '../mock/columns.ts'
import { joined, ofService, otlpSpan, type SpanFields, spanId } from '../mock/otlp.ts'
import type { SchemaTracesData } from '../src/api/schema.d.ts'
import { newTraceId, site } from './site.ts'
import { expect, hindrances, type Page, test } from './test.ts'

const MS = 1_000_000n
const ROWS_MAX = 3

/** `web > cart > db! > disk`, and `mail` and `post` beside `cart`. */
function order(id: string): SchemaTracesData {
  const start = BigInt(Date.now()) * MS - 1000n * MS
  const span = (service: string, number: number, fields: SpanFields = {}) =>
    ofService(service, [
      otlpSpan(id, spanId(number), `${service} work`, {
        start: start + BigInt(number) * MS,
        end: start + 100n * MS,
        kind: 'server',
        ...fields,
      }),
    ])
  return joined([
    span('web', 1),
    span('cart', 2, { parent: spanId(1) }),
    span('mail', 3, { parent: spanId(1) }),
    span('post', 4, { parent: spanId(1) }),
    span('db', 5, { parent: spanId(2), error: 'no rows' }),
    span('disk', 6, { parent: spanId(5), attributes: { 'disk.name': 'sda' } }),
  ])
}

/** Sends the trace, and lets no answer have more than a few rows; the path of its page. */
async function open(page: Page, search = ''): Promise<void> {
  const id = newTraceId()
  const data = order(id)
  const response = await page.request.post(`${site.otlpHttp}/v1/traces`, { data })
  if (!response.ok()) throw new Error(`the spans were not taken: ${response.status()}`)
  await page.route(new RegExp(`/api/v1/traces/${id}/spans(\\?.*)?$`), route => {
    const params = new URL(route.request().url()).searchParams
    const under = params.get('under')
    const question = {
      skip: Number(params.get('skip') ?? 0),
      depth: Number(params.get('depth') ?? 99),
      ...(under === null ? {} : { under, kind: Number(params.get('kind')) }),
    }
    return route.fulfill({ json: partOf(wholeOf(id, data), question, ROWS_MAX) })
  })
  await page.goto(`/traces/${id}${search}`)
}

const rows = (page: Page) => page.getByRole('treegrid').getByRole('row')
const names = (page: Page) => rows(page).locator('.span-name')
const details = (page: Page) => page.getByRole('complementary', { name: 'Details of the span' })
const AT_FIRST = [/web work/, /cart work/, /\+2 spans.*1 error/, /mail work/, /\+1 span/]

test('what is not there is opened by keys, and stays open', async ({ page }) => {
  await open(page)
  await expect(names(page)).toHaveText(AT_FIRST)
  await expect(page.getByText(/^3 of 6 spans are shown/)).toBeVisible()
  await page.keyboard.press('End')
  await expect(rows(page).last()).toHaveAttribute('aria-selected', 'true')
  await page.keyboard.press('Enter')
  await expect(names(page).last()).toHaveText(/post work/)
  await expect(rows(page).last()).toHaveAttribute('aria-selected', 'true')
  await expect(details(page)).toContainText('post work')
  await rows(page).filter({ hasText: '+2 spans' }).getByRole('button').click()
  await expect(names(page)).toHaveText([
    /web work/,
    /cart work/,
    /db work.*error/,
    /disk work/,
    /mail work/,
    /post work/,
  ])
  await expect(page.getByText(/spans are shown/)).toBeHidden()
})

test('a link to a span that is not there shows what it says, and opens the way to it', async ({ page }) => {
  await open(page, `?span=${spanId(6)}`)
  await expect(page.getByText(/is not among the 3 that are shown/)).toBeVisible()
  await expect(details(page)).toContainText('sda')
  await page.getByRole('button', { name: 'Open the way to it' }).click()
  await expect(page.locator('[role="row"][aria-selected="true"]')).toContainText('disk work')
  await expect(page.getByText(/is not among/)).toBeHidden()
})

for (const theme of ['light', 'dark'] as const) {
  test(`nothing hinders people where spans are missing, ${theme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: theme })
    await open(page, `?span=${spanId(6)}&find=disk`)
    await expect(page.getByText('1 of them is not loaded')).toBeVisible()
    await expect(details(page)).toContainText('sda')
    expect(await hindrances(page)).toEqual([])
  })
}
