// What can be counted of large meshes, and of the page as a whole: gates, where `bench` only reports.

import { gzipSync } from 'node:zlib'
import type { APIRequestContext } from '@playwright/test'
import { meshGraph } from '../mock/mesh.ts'
import { newNamespace, sendMesh } from './mesh.ts'
import { expect, type Page, test } from './test.ts'

const SERVICES = 1000
const CARD = { width: 152, height: 76 }
const DOM_NODES_MAX = 500
/** Of scripts and styles, compressed. What is loaded later is loaded by who goes there. */
const FIRST_ROUTE_BYTES_MAX = 180 * 1024
const LATER_SCRIPT_BYTES_MAX = 40 * 1024
/** Nobody loads all of it: charts of metrics only who asks for series, analyses only who wants one. */
const ALL_BYTES_MAX = 300_000

interface Point {
  x: number
  y: number
}
interface Host {
  graphEngine: { positions: () => Map<string, Point>; screenOf: (id: string) => Point | null }
}

/** Where every node stands: in the drawing, and on the screen. */
async function standing(page: Page): Promise<Map<string, [Point, Point | null]>> {
  const found = await page.locator('.graph__view').evaluate(host => {
    const engine = (host as unknown as Host).graphEngine
    return [...engine.positions()].map(([id, place]) => [id, place, engine.screenOf(id)] as const)
  })
  return new Map(found.map(([id, place, screen]) => [id, [place, screen]]))
}

function overlaps(places: readonly Point[]): number {
  const sorted = places.toSorted((a, b) => a.x - b.x)
  let count = 0
  for (const [at, { x, y }] of sorted.entries()) {
    for (let next = at + 1; (sorted[next]?.x ?? Number.POSITIVE_INFINITY) < x + CARD.width; next += 1) {
      if (Math.abs((sorted[next]?.y ?? Number.POSITIVE_INFINITY) - y) < CARD.height) count += 1
    }
  }
  return count
}

test('of a thousand services that come, go and change nobody moves a pixel', async ({ page, complaints }) => {
  // With every third tick some come and some go.
  let tick = -3
  await page.route('**/api/v1/stream?*', route => route.fulfill({ status: 404, json: {} }))
  await page.route('**/api/v1/graph?*', route => {
    tick += 3
    return route.fulfill({ json: meshGraph(SERVICES, tick) })
  })
  await page.goto('/topology')
  await expect(page.locator('canvas[data-painted]').first()).toBeVisible()
  // Whoever touched the drawing is not shown all of it any more.
  await page.locator('.graph__view').click({ position: { x: 4, y: 4 } })
  const before = await standing(page)
  await expect
    .poll(async () => Number(await page.locator('canvas[data-painted]').first().getAttribute('data-painted')))
    .toBeGreaterThan(10)
  const after = await standing(page)
  const stayed = [...before].filter(([id]) => after.has(id))
  expect(stayed.filter(([id, place]) => JSON.stringify(after.get(id)) !== JSON.stringify(place))).toEqual([])
  expect([stayed.length < before.size, stayed.length < after.size]).toEqual([true, true])
  expect(overlaps([...after.values()].map(([place]) => place))).toBe(0)
  expect(await page.evaluate(() => document.querySelectorAll('*').length)).toBeLessThan(DOM_NODES_MAX)
  expect(complaints.filter(text => !text.includes('404'))).toEqual([])
  complaints.length = 0
})

test('a live page asks once and follows one stream', async ({ page, request }) => {
  const namespace = newNamespace()
  await sendMesh(request, { namespace, requests: 1 })
  const asked: string[] = []
  page.on('request', sent => asked.push(new URL(sent.url()).pathname))
  await page.goto(`/topology?view=table&find=${namespace}`)
  await expect(page.getByText('Live', { exact: true })).toBeVisible()
  await sendMesh(request, { namespace, requests: 1, also: 'mail' })
  await expect(page.getByRole('row')).toHaveCount(1 + 4)
  const count = (path: string) => asked.filter(url => url === path).length
  expect([count('/api/v1/graph'), count('/api/v1/stream')]).toEqual([1, 1])
  expect(asked.filter(url => url.startsWith('/api/')).length).toBeLessThanOrEqual(6)
})

test('a small map is there while the mesh does not fit, and leads the view', async ({ page }) => {
  await page.route('**/api/v1/graph?*', route => route.fulfill({ json: meshGraph(SERVICES) }))
  await page.goto('/topology?live=off')
  await expect(page.locator('canvas[data-painted]').first()).toBeVisible()
  const map = page.locator('.graph__map canvas')
  await expect(map).toBeHidden()
  for (const _ of [1, 2, 3, 4]) await page.keyboard.press('+')
  await expect(map).toBeVisible()
  await expect(page).toHaveURL(/cam=/)
  const before = page.url()
  await map.click({ position: { x: 20, y: 20 } })
  await expect(page).not.toHaveURL(before)
  await page.keyboard.press('m')
  await expect(map).toBeHidden()
  await page.keyboard.press('m')
  await expect(map).toBeVisible()
})

test('all scripts are small, and those of the first page smaller', async ({ request }) => {
  const first = await assetsIn(request, '/')
  const all = new Map<string, number>()
  const waiting = [...first]
  for (const path of waiting) {
    if (all.has(path)) continue
    const body = await (await request.get(path)).body()
    all.set(path, gzipSync(body, { level: 9 }).length)
    waiting.push(...namesIn(body.toString('utf8')))
  }
  const sum = (paths: Iterable<string>) => [...paths].reduce((bytes, path) => bytes + (all.get(path) ?? 0), 0)
  expect(all.size).toBeGreaterThan(first.size)
  expect(sum(first)).toBeLessThan(FIRST_ROUTE_BYTES_MAX)
  const scripts = [...all.keys()].filter(path => path.endsWith('.js'))
  const later = scripts.filter(path => !first.has(path))
  expect(later.filter(path => (all.get(path) ?? 0) > LATER_SCRIPT_BYTES_MAX)).toEqual([])
  expect(sum(scripts)).toBeLessThan(ALL_BYTES_MAX)
})

async function assetsIn(request: APIRequestContext, path: string): Promise<Set<string>> {
  return new Set(namesIn(await (await request.get(path)).text()))
}

/** Scripts and styles that a page or a script names. */
function namesIn(text: string): string[] {
  return [...text.matchAll(/(?:\/?assets\/|\.\/)([\w.-]+\.(?:js|css))/g)].map(([, name]) => `/assets/${name}`)
}

test('a namespace is folded, dragged nodes stay, and all of it is there after a reload', async ({ page }) => {
  await page.route('**/api/v1/graph?*', route => route.fulfill({ json: meshGraph(60) }))
  await page.goto('/topology?live=off')
  await expect(page.locator('canvas[data-painted]').first()).toBeVisible()
  const before = await standing(page)
  const [id, [, from]] = [...before].find(([, [, screen]]) => screen !== null) ?? ['', [null, null]]
  const view = await page.locator('.graph__view').boundingBox()
  if (from === null || view === null) throw new Error('no node is on the screen')
  await page.mouse.move(view.x + from.x, view.y + from.y)
  await page.mouse.down()
  await page.mouse.move(view.x + 20, view.y + view.height - 60, { steps: 5 })
  await page.mouse.up()
  await expect(page.getByText(/stays where you put it/)).toBeVisible()
  const put = (await standing(page)).get(id)
  expect(put).not.toEqual(before.get(id))
  await expect
    .poll(() =>
      page.evaluate(id => Object.values(localStorage).some(text => text.includes(id)), `"pinned":["${id}"]`),
    )
    .toBe(true)
  await page.reload()
  await expect(page.locator('canvas[data-painted]').first()).toBeVisible()
  expect((await standing(page)).get(id)?.[0].x).toBeCloseTo(put?.[0].x ?? Number.NaN, -1)

  await page.keyboard.press('r')
  await expect(page.getByText('Laid out anew')).toBeVisible()
  await page.keyboard.press('u')
  await expect
    .poll(async () => (await standing(page)).get(id)?.[0].x)
    .toBeCloseTo(put?.[0].x ?? Number.NaN, -1)

  await page.locator('.graph__cursor').focus()
  await page.keyboard.press('c')
  await expect(page).toHaveURL(/folded=/)
  const folded = page.getByRole('button', { name: /^namespace .*, folded, / })
  await expect(folded).toBeFocused()
  expect((await standing(page)).size).toBeLessThan(before.size)
  await page.keyboard.press('Enter')
  await expect(page).not.toHaveURL(/folded=/)
  expect((await standing(page)).size).toBe(before.size)

  const download = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Save as a picture (PNG)' }).click()
  expect((await download).suggestedFilename()).toMatch(/^spanloom-topology-.*\.png$/)
  await expect(page.getByText(/^Saved as spanloom-topology-/)).toBeVisible()
})
