import { newTraceId, sendTrace } from './site.ts'
import { expect, hindrances, test } from './test.ts'

test('what was just sent is said to arrive, without a reload', async ({ page, request }) => {
  const service = `first-${newTraceId().slice(0, 8)}`
  await page.goto('/connect')
  await expect(page.getByRole('heading', { name: /^(Waiting|Receiving)/ })).toBeVisible()
  await sendTrace(request, { id: newTraceId(), service, name: 'GET /' })
  await expect(page.getByRole('heading', { name: /^Receiving/ })).toBeVisible()
  const senders = page.getByText(/senders? in the last minute$/)
  if (!(await page.getByRole('table').isVisible())) await senders.click()
  await expect(page.getByRole('cell', { name: service })).toBeVisible()
  await page.getByRole('link', { name: 'See the topology' }).click()
  await expect(page).toHaveURL(/\/topology$/)
})

test('the way and its variant are in the URL, its host is kept, its text is copied', async ({
  page,
  context,
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  await page.goto('/connect')
  await page.getByRole('link', { name: 'SDKs and agents' }).click()
  await page.getByRole('link', { name: 'Java' }).click()
  await expect(page).toHaveURL(/\/connect\?to=sdk&via=java$/)
  await page.getByLabel('Host for senders').fill('spans.example')
  await page.reload()
  const environment = page.getByRole('figure', { name: 'In the environment of the program' })
  await expect(environment).toContainText(/OTEL_EXPORTER_OTLP_ENDPOINT=http:\/\/spans\.example:\d+/)
  await environment.getByRole('button', { name: 'Copy' }).click()
  await expect(environment.getByRole('button', { name: 'Copied' })).toBeVisible()
  expect(await page.evaluate(() => navigator.clipboard.readText())).toContain('http://spans.example:')
  await page.goBack()
  await page.goBack()
  await expect(page).toHaveURL(/\/connect$/)
})

test('a server that is away is said to be, and the snippets stay', async ({ page, complaints }) => {
  await page.route('**/api/v1/ingest', route => route.abort('connectionrefused'))
  await page.goto('/connect?to=istio')
  await expect(page.getByRole('heading', { name: 'The server does not answer' })).toBeVisible()
  await expect(page.getByText('kind: Telemetry')).toBeVisible()
  await page.unroute('**/api/v1/ingest')
  await page.getByRole('button', { name: 'Try again' }).click()
  await expect(page.getByRole('heading', { name: /^(Waiting|Receiving)/ })).toBeVisible()
  expect(complaints.filter(text => !text.includes('ERR_CONNECTION_REFUSED'))).toEqual([])
  complaints.length = 0
})

for (const colorScheme of ['light', 'dark'] as const) {
  test(`nothing hinders on the page, ${colorScheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme })
    await page.goto('/connect?to=consul')
    await expect(page.getByRole('heading', { name: /^(Waiting|Receiving)/ })).toBeVisible()
    await expect(page.getByText('Kind = "proxy-defaults"')).toBeVisible()
    expect(await hindrances(page)).toEqual([])
  })
}

for (const width of [800, 1024]) {
  test(`the top bar fits into ${width} pixels`, async ({ page }) => {
    await page.setViewportSize({ width, height: 700 })
    for (const path of ['/connect', '/topology', '/traces']) {
      await page.goto(path)
      await expect(page.getByRole('button', { name: 'Search everything' })).toBeVisible()
      await expect(page.getByText('Live', { exact: true })).toBeVisible()
      const bar = page.getByRole('banner').first()
      expect(await bar.evaluate(element => element.scrollWidth - element.clientWidth), path).toBe(0)
      const nav = page.getByRole('navigation', { name: 'Pages' })
      expect(await nav.evaluate(element => element.scrollWidth - element.clientWidth), path).toBe(0)
    }
  })
}
