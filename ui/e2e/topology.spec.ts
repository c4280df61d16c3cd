import { newNamespace, sendMesh, untilDrawn } from './mesh.ts'
import { expect, type Page, test } from './test.ts'

const details = (page: Page) => page.getByRole('complementary')
/** The button that stands over a node of the drawing. */
const cursor = (page: Page, name: string) => page.getByRole('button', { name: new RegExp(`^${name}, `) })
const count = (page: Page, words: string) => page.getByText(words, { exact: true })

/** Of the tests that send nothing themselves: 8 requests through all of it, of which 2 failed in the cart. */
const SHOP = newNamespace()

test.beforeAll(async ({ request }) => {
  await sendMesh(request, { namespace: SHOP, requests: 8, failed: 2, hasDatabase: true })
  await untilDrawn(request, SHOP, 3)
})

/** The words of a table's rows, by its first columns. */
async function rows(page: Page, columns: number): Promise<string[][]> {
  const texts = await page
    .getByRole('row')
    .filter({ has: page.getByRole('cell') })
    .all()
  return Promise.all(
    texts.map(async row => (await row.getByRole('cell').allTextContents()).slice(0, columns)),
  )
}

test('one begins with the mesh', async ({ page }) => {
  await page.goto('/')
  await expect(page).toHaveURL(/\/topology$/)
  await expect(page.getByRole('application', { name: 'Service graph' })).toBeVisible()
  await expect(page.getByText('Live', { exact: true })).toBeVisible()
})

test('the mesh is what was sent: nodes, edges, health, a database that sent nothing', async ({ page }) => {
  await page.goto(`/topology?namespace=${SHOP}&view=table&sort=name`)
  await expect(count(page, '4 nodes, 3 edges')).toBeVisible()
  await expect(page.getByRole('row')).toHaveCount(1 + 4)
  expect(await rows(page, 5)).toEqual([
    ['cart', SHOP, 'service', 'failing', '8'],
    ['front', SHOP, 'service', 'healthy', '8'],
    [`redis/${SHOP}-sessions`, '–', 'database', 'healthy', '8'],
    ['web', SHOP, 'service', 'healthy', '8'],
  ])
  await page.getByRole('button', { name: /^Edges/ }).click()
  await expect(page.getByRole('row')).toHaveCount(1 + 3)
  expect(
    (await rows(page, 5)).map(([source, target, , , requests]) => [source, target, requests]).sort(),
  ).toEqual([
    [`${SHOP}/cart`, `database:redis/${SHOP}-sessions`, '8'],
    [`${SHOP}/front`, `${SHOP}/web`, '8'],
    [`${SHOP}/web`, `${SHOP}/cart`, '8'],
  ])
})

test('the way from the mesh over a node and an edge to a span needs no mouse', async ({ page }) => {
  await page.goto(`/topology?namespace=${SHOP}`)
  await expect(count(page, '4 nodes, 3 edges')).toBeVisible()
  await page.keyboard.press('e')
  await expect(details(page).getByRole('heading', { name: 'cart' })).toBeVisible()
  await expect(page).toHaveURL(`/topology?namespace=${SHOP}&node=${SHOP}/cart`)
  await cursor(page, 'cart').focus()
  await page.keyboard.press('ArrowLeft')
  await expect(cursor(page, 'web')).toBeFocused()
  await page.keyboard.press('ArrowRight')
  await expect(cursor(page, 'cart')).toBeFocused()

  const incoming = details(page).getByRole('table').first().getByRole('button', { name: 'web' })
  await incoming.focus()
  await page.keyboard.press('Enter')
  await expect(details(page)).toContainText('2 (25.0 %)')
  await details(page)
    .getByRole('link', { name: /^[0-9a-f]{16}…$/ })
    .first()
    .focus()
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/\/traces\/[0-9a-f]{32}\?span=[0-9a-f]{16}$/)
  await expect(page.getByRole('complementary', { name: 'Details of the span' })).toContainText('error')
})

test('a press on the drawing selects what is there, and Back undoes it', async ({ page }) => {
  await page.goto(`/topology?namespace=${SHOP}`)
  await expect(count(page, '4 nodes, 3 edges')).toBeVisible()
  const button = page.locator('.graph__cursor')
  for (const _ of [1, 2, 3]) await button.press('ArrowLeft')
  const box = await cursor(page, 'front').boundingBox()
  if (box === null) throw new Error('the node is nowhere')
  await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2)
  await expect(details(page).getByRole('heading', { name: 'front' })).toBeVisible()
  await page.goBack()
  await expect(details(page)).toBeHidden()
  // The drawing has the room of the panel again.
  await expect.poll(() => cursor(page, 'front').boundingBox()).toEqual(box)
  // Right of it is the line to the next.
  await page.mouse.click(box.x + box.width + 12, box.y + box.height / 2)
  await expect(details(page)).toHaveAttribute('aria-label', 'Details of the edge')
  await expect(details(page).getByRole('heading', { level: 2 })).toHaveText('frontweb')
  await page.mouse.click(box.x + box.width / 2, box.y - 150)
  await expect(details(page)).toBeHidden()
})

test('what is new appears without a reload, and nobody moves', async ({ page, request }) => {
  const namespace = newNamespace()
  await sendMesh(request, { namespace, requests: 2 })
  await page.goto(`/topology?namespace=${namespace}`)
  await expect(count(page, '3 nodes, 2 edges')).toBeVisible()
  await page.evaluate(() => document.body.setAttribute('data-same-page', 'yes'))
  const button = page.locator('.graph__cursor')
  await button.focus()
  const before = await places(page)
  await sendMesh(request, { namespace, requests: 2, also: 'mail' })
  await expect(count(page, '4 nodes, 3 edges')).toBeVisible()
  const after = await places(page)
  expect(after.size).toBe(4)
  for (const [name, place] of before) expect(after.get(name), name).toEqual(place)
  await expect(page.locator('body')).toHaveAttribute('data-same-page', 'yes')
})

/** Where the nodes are on the screen, found by going to all of them. */
async function places(page: Page): Promise<Map<string, object | null>> {
  const found = new Map<string, object | null>()
  const button = page.locator('.graph__cursor')
  const look = async () => {
    const name = (await button.getAttribute('aria-label'))?.split(',')[0] ?? ''
    found.set(name, await button.boundingBox())
  }
  await look()
  for (const key of [
    'ArrowLeft',
    'ArrowLeft',
    'ArrowLeft',
    'ArrowRight',
    'ArrowDown',
    'ArrowUp',
    'ArrowUp',
    'ArrowRight',
    'ArrowDown',
    'ArrowRight',
    'ArrowUp',
    'ArrowDown',
  ]) {
    await button.press(key)
    await look()
  }
  return found
}

test('the stream tells of what comes, and a server that is away is said to be', async ({
  page,
  request,
  complaints,
}) => {
  const namespace = newNamespace()
  await sendMesh(request, { namespace, requests: 1 })
  await page.goto(`/topology?view=table&find=${namespace}`)
  await expect(page.getByRole('row')).toHaveCount(1 + 3)
  await expect(page.getByText('Live', { exact: true })).toBeVisible()
  const asked: string[] = []
  page.on('request', sent => asked.push(sent.url()))
  await sendMesh(request, { namespace, requests: 1, also: 'mail' })
  await expect(page.getByRole('row')).toHaveCount(1 + 4)
  expect(asked.filter(url => url.includes('/api/v1/graph'))).toEqual([])

  await page.route('**/api/v1/graph?*', route => route.abort('connectionrefused'))
  await page.goto(`/topology?view=table&find=${namespace}`)
  await expect(page.getByRole('heading', { name: 'The server does not answer' })).toBeVisible()
  await page.unroute('**/api/v1/graph?*')
  await expect(page.getByRole('row')).toHaveCount(1 + 4)
  expect(complaints.filter(text => !text.includes('ERR_CONNECTION_REFUSED'))).toEqual([])
  complaints.length = 0
})

test('without a stream the page asks, and says so', async ({ page, complaints }) => {
  await page.route('**/api/v1/stream?*', route => route.fulfill({ status: 404, json: {} }))
  await page.goto('/topology')
  await expect(page.getByText('Live, polled')).toBeVisible()
  expect(complaints.filter(text => !text.includes('404'))).toEqual([])
  complaints.length = 0
})

test('a link shows the same again', async ({ page }) => {
  const url = `/topology?namespace=${SHOP}&focus=${SHOP}/cart&range=15m&node=${SHOP}/cart&cam=150,20,0.8&live=off`
  let release = () => {}
  const released = new Promise<void>(resolve => {
    release = resolve
  })
  // The panel takes its part of the width before its script and its styles are there.
  await page.route(/\/assets\/(?:panel|section)-[^/]*$/, async route => {
    await released
    await route.continue()
  })
  await page.goto(url)
  await expect(count(page, '3 nodes, 2 edges')).toBeVisible()
  const button = page.locator('.graph__cursor')
  await expect(button).toBeVisible()
  const place = () => button.boundingBox()
  const before = await place()
  release()
  await expect(details(page).getByRole('heading', { name: 'cart' })).toBeVisible()
  expect(await place()).toEqual(before)
  await page.reload()
  await expect(count(page, '3 nodes, 2 edges')).toBeVisible()
  await expect(details(page).getByRole('heading', { name: 'cart' })).toBeVisible()
  await expect(page).toHaveURL(url)
  await expect.poll(place).toEqual(before)
})

test('the mouse pulls and zooms, and the URL keeps from where one looks', async ({ page }) => {
  await page.goto(`/topology?namespace=${SHOP}&live=off`)
  await expect(count(page, '4 nodes, 3 edges')).toBeVisible()
  const button = page.locator('.graph__cursor')
  const before = await button.boundingBox()
  if (before === null) throw new Error('the node is nowhere')
  await page.mouse.move(700, 300)
  await page.mouse.down()
  await page.mouse.move(740, 340, { steps: 4 })
  await page.mouse.up()
  await expect(page).toHaveURL(/cam=/)
  const pulled = await button.boundingBox()
  expect([Math.round((pulled?.x ?? 0) - before.x), Math.round((pulled?.y ?? 0) - before.y)]).toEqual([40, 40])
  await page.mouse.wheel(0, -400)
  await expect.poll(async () => (await button.boundingBox())?.width).toBeGreaterThan(before.width * 1.5)
  await page.keyboard.press('0')
  await expect(page).not.toHaveURL(/cam=/)
  await expect.poll(async () => (await button.boundingBox())?.width).toBeCloseTo(before.width)
})

/** A mesh of a size that no test sends: what the server would answer. */
function largeGraph(size: number, edges: number) {
  const signals = { errors: 0, error_rate: 0, rate: 1, p50_ms: 1, p90_ms: 2, p95_ms: 3, p99_ms: 4 }
  const id = (place: number) => `shop/service-${place}`
  return {
    rev: '1',
    start: '2026-01-01T00:00:00Z',
    end: '2026-01-01T00:05:00Z',
    by: 'service',
    nodes: Array.from({ length: size }, (_, place) => ({
      ...{ id: id(place), name: `service-${place}`, namespace: 'shop', kind: 'service', health: 'healthy' },
      ...{ aliases: [], clusters: [], requests: 1, ...signals },
    })),
    edges: Array.from({ length: edges }, (_, place) => ({
      ...{
        id: `${place}`,
        source: id(Math.floor(place / 3)),
        target: id((place * 7 + 1) % size),
        protocol: 'http',
      },
      ...{ requests: 1, attempts: 1, mtls: null, observer: 'source_app', evidence: 'span', ...signals },
      ...{ exemplars: [], observers: [], latency_split_ms: null },
    })),
    entry_points: [],
    cycles: [],
    unpaired: {},
  }
}

test('a mesh of a thousand nodes is drawn, and answers to the mouse', async ({ page }) => {
  await page.route('**/api/v1/graph?*', route => route.fulfill({ json: largeGraph(1000, 3000) }))
  await page.goto('/topology?live=off')
  await expect(page.locator('canvas[data-painted="1"]')).toBeVisible()
  await expect(page.getByText('1,000 nodes are many for one picture.')).toBeVisible()
  const button = page.locator('.graph__cursor')
  const before = await button.boundingBox()
  await page.mouse.move(700, 500)
  await page.mouse.down()
  await page.mouse.move(760, 500, { steps: 6 })
  await page.mouse.up()
  await expect
    .poll(async () => Math.round(((await button.boundingBox())?.x ?? 0) - (before?.x ?? 0)))
    .toBe(60)
  await page.getByRole('button', { name: 'Group by namespace' }).click()
  await expect(page).toHaveURL(/by=namespace/)
})

test('a server without spans tells how to send the first', async ({ page }) => {
  await page.route('**/api/v1/graph?*', route => route.fulfill({ json: largeGraph(0, 0) }))
  await page.route('**/api/v1/sql', route =>
    route.fulfill({ json: { columns: [], rows: [[null]], row_count: 1 } }),
  )
  await page.goto('/topology?live=off')
  await expect(page.getByRole('heading', { name: 'No spans have come yet' })).toBeVisible()
})
