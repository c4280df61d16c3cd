// Search by TraceQL: against the mock, and against the server, which has other traces as well.

import { newTraceId, sendTrace } from './site.ts'
import { expect, hindrances, type Page, test } from './test.ts'

/** A service that no other test sends spans of, with one trace that failed and one that did not. */
async function sendShop(request: Parameters<typeof sendTrace>[0]) {
  const service = `search-${newTraceId().slice(0, 8)}`
  const failed = newTraceId()
  await sendTrace(request, { id: failed, service, name: 'GET /failed', error: 'broken' })
  await sendTrace(request, { id: newTraceId(), service, name: 'GET /fine' })
  return { service, failed }
}

const bar = (page: Page) => page.getByRole('combobox', { name: 'TraceQL query' })
const rows = (page: Page) => page.getByRole('table', { name: 'Traces' }).locator('a[data-trace]')
const searchOf = (q: string, rest = '') => `/traces?q=${encodeURIComponent(q)}${rest}`

test('by keyboard alone: type, complete, search, open the span that matched, and Back', async ({
  page,
  request,
}) => {
  const { service, failed } = await sendShop(request)
  await page.goto('/traces')
  await expect(bar(page)).toBeVisible()
  await page.keyboard.press('/')
  await expect(page.getByRole('option', { name: /^Errors/ })).toBeVisible()
  await page.keyboard.type('{ resource.service.n')
  await expect(page.getByRole('option', { name: /resource\.service\.name/ })).toBeVisible()
  await page.keyboard.press('Tab')
  await expect(bar(page)).toHaveValue('{ resource.service.name ')
  await page.keyboard.type(`= "${service}" && stat`)
  await page.keyboard.press('Tab')
  await page.keyboard.type('= error')
  await page.keyboard.press('Escape')
  await page.keyboard.press('Enter')
  await expect(rows(page)).toHaveText([`${service} GET /failed`])
  await expect(page).toHaveURL(
    url => url.searchParams.get('q') === `{ resource.service.name = "${service}" && status = error }`,
  )
  await page.getByRole('button', { name: 'Spans that matched in GET /failed' }).press('Enter')
  const span = page.getByRole('table', { name: 'Spans that matched' }).getByRole('link')
  await expect(span).toHaveText(`${service} step 3`)
  await page.reload()
  await expect(bar(page)).toHaveValue(`{ resource.service.name = "${service}" && status = error }`)
  await span.press('Enter')
  await expect(page).toHaveURL(new RegExp(`/traces/${failed}\\?span=`))
  await page.goBack()
  await expect(rows(page)).toHaveText([`${service} GET /failed`])
})

test('a facet narrows the search and is taken away again', async ({ page, request }) => {
  const { service } = await sendShop(request)
  const own = `{ resource.service.name = "${service}" }`
  await page.goto(searchOf(own))
  await expect(rows(page)).toHaveCount(2)
  const facets = page.getByRole('complementary', { name: 'Narrow the search' })
  await facets.getByRole('button', { name: /^error/ }).click()
  await expect(rows(page)).toHaveText([`${service} GET /failed`])
  await expect(bar(page)).toHaveValue(`{ resource.service.name = "${service}" && status = error }`)
  await facets.getByRole('button', { name: /^error/, pressed: true }).click()
  await expect(rows(page)).toHaveCount(2)
})

test('a drag over the scatter narrows time and duration, a click opens the trace', async ({
  page,
  request,
}) => {
  const { service } = await sendShop(request)
  await page.goto(searchOf(`{ resource.service.name = "${service}" }`, '&live=off'))
  await expect(rows(page)).toHaveCount(2)
  const frame = page.locator('.scatter__frame')
  await expect(frame.locator('canvas[data-painted="2"]')).toBeVisible()
  const { width, height } = (await frame.boundingBox()) ?? { width: 0, height: 0 }
  // As `hover` does: not before the frame stands still, as something may still come above it.
  await frame.hover({ position: { x: width / 2, y: 10 } })
  await page.mouse.down()
  await frame.hover({ position: { x: width - 2, y: height - 4 } })
  await page.mouse.up()
  await expect(page).toHaveURL(/start=.*&end=/)
  await expect(bar(page)).toHaveValue(/traceDuration >= \S+ && traceDuration <= \S+ \}$/)
  await expect(rows(page)).toHaveCount(2)
  // A picture moves when its answer comes; it stands still from when a dot is pointed at.
  await expect(async () => {
    await frame.hover({ position: await frame.locator('canvas').evaluate(dotIn), timeout: 1000 })
    await expect(frame.locator('.scatter__tip')).toBeVisible({ timeout: 200 })
  }).toPass()
  await page.mouse.down()
  await page.mouse.up()
  await expect(page).toHaveURL(/\/traces\/[0-9a-f]{32}/)
})

/** Where a canvas has a pixel of a dot's colour, blue or red. */
function dotIn(canvas: HTMLCanvasElement | SVGElement): { x: number; y: number } {
  if (!(canvas instanceof HTMLCanvasElement)) throw new Error('it is no canvas')
  const { width, height } = canvas
  const { data } = canvas.getContext('2d')?.getImageData(0, 0, width, height) ?? { data: [] }
  for (let at = 0; at < width * height; at++) {
    const [red = 0, , blue = 0, alpha = 0] = data.slice(at * 4, at * 4 + 4)
    if (alpha > 120 && Math.abs(red - blue) > 90) return { x: at % width, y: Math.floor(at / width) }
  }
  throw new Error('there is no dot')
}

test('what is wrong with a query is said and underlined where it stands', async ({ page, complaints }) => {
  await page.goto('/traces')
  await bar(page).fill('{ status = eror }')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('alert')).toHaveText(/^Unexpected `eror`, expected/)
  await expect(page.locator('.query-bar__text [data-wrong][data-token]')).toHaveText('eror')
  expect(await hindrances(page)).toEqual([])
  // Browsers write every refusal into their console.
  expect(complaints.splice(0).every(text => text.includes('400'))).toBe(true)
})

test('a search that finds nothing says which clause is to blame, and removes it', async ({
  page,
  request,
}) => {
  const { service } = await sendShop(request)
  await page.goto(searchOf(`{ resource.service.name = "${service}" && name = "nowhere" }`))
  await expect(page.getByRole('heading', { name: 'No trace matches' })).toBeVisible()
  const find = page.getByRole('button', { name: 'Find out which clause leaves nothing' })
  const verdict = page.getByText('No span fulfils `name = "nowhere"`.')
  await expect(find.or(verdict)).toBeVisible()
  if (await find.isVisible()) await find.click()
  await expect(verdict).toBeVisible()
  expect(await hindrances(page)).toEqual([])
  await page.getByRole('button', { name: 'Remove name = "nowhere"' }).click()
  await expect(rows(page)).toHaveCount(2)
})

test('a search can be cancelled, and one that fails says so and is tried again', async ({
  page,
  request,
  complaints,
}) => {
  const { service } = await sendShop(request)
  await page.route('**/api/v1/traces?*', () => {
    // No answer comes.
  })
  await page.goto(searchOf(`{ resource.service.name = "${service}" }`))
  await expect(page.getByRole('progressbar', { name: 'Search' })).toBeVisible()
  await page.getByRole('button', { name: 'Cancel' }).click()
  await expect(page.getByRole('heading', { name: 'Nothing was found before you stopped' })).toBeVisible()
  await page.unroute('**/api/v1/traces?*')
  await page.route('**/api/v1/traces?*', route => route.abort())
  await page.getByRole('button', { name: 'Search', exact: true }).click()
  await expect(page.getByRole('heading', { name: 'The server does not answer' })).toBeVisible()
  await page.unroute('**/api/v1/traces?*')
  await page.getByRole('button', { name: 'Try again' }).click()
  await expect(rows(page)).toHaveCount(2)
  expect(complaints.splice(0).every(text => text.includes('net::ERR_FAILED'))).toBe(true)
})

test('the list and the question leave as files and as a command', async ({ page, request }) => {
  const { service } = await sendShop(request)
  await page.goto(searchOf(`{ resource.service.name = "${service}" }`))
  await expect(rows(page)).toHaveCount(2)
  await page.getByRole('button', { name: 'Export' }).click()
  const dialog = page.getByRole('dialog', { name: 'The same elsewhere' })
  await expect(dialog).toContainText(`--data-urlencode 'q={ resource.service.name = "${service}" }'`)
  await expect(dialog).toContainText(`spanloom traceql --explain '{ resource.service.name = "${service}" }'`)
  const download = page.waitForEvent('download')
  await dialog.getByRole('button', { name: 'Download CSV' }).click()
  expect((await download).suggestedFilename()).toBe('traces.csv')
})

for (const theme of ['light', 'dark'] as const) {
  test.describe(theme, () => {
    test.use({ colorScheme: theme })

    test('nothing hinders people: results, a trace opened, proposals', async ({ page, request }) => {
      const { service } = await sendShop(request)
      await page.goto(searchOf(`{ resource.service.name = "${service}" && span.item != "9" }`))
      await expect(rows(page)).toHaveCount(2)
      await page.getByRole('button', { name: 'Spans that matched in GET /failed' }).click()
      await expect(page.getByRole('table', { name: 'Spans that matched' })).toBeVisible()
      expect(await hindrances(page)).toEqual([])
      await bar(page).fill('{ stat')
      await expect(page.getByRole('option', { name: /^status/ }).first()).toBeVisible()
      await page.keyboard.press('ArrowDown')
      expect(await hindrances(page)).toEqual([])
    })
  })
}
