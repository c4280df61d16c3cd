import type { SchemaEdgeItem } from '../../src/api/schema.d.ts'
import { expect, type Page, test } from '../test.ts'
import { CYCLE_MS, failingEdge } from './demo.ts'

/** What the drawing tells of itself. */
interface Host {
  graphEngine: { positions: () => Map<string, Point>; screenOf: (id: string) => Point | null }
}
interface Point {
  x: number
  y: number
}
/** A card in the drawing. */
const CARD = { width: 152, height: 76 }

const details = (page: Page) => page.getByRole('complementary')

test('three clicks lead from a red edge to the span that explains it', async ({ page, request }) => {
  test.setTimeout(CYCLE_MS + 180_000)
  const edge = await failingEdge(request)
  const point = await pointOn(page, edge)
  await openMesh(page)

  await page.mouse.click(point.x, point.y)
  await expect(details(page)).toHaveAttribute('aria-label', 'Details of the edge')
  await expect(details(page).getByText('failing')).toBeVisible()
  await details(page).getByRole('link', { name: 'Errors', exact: true }).click()
  await page.locator('a.traces__link').first().click({ timeout: 60_000 })

  await expect(page).toHaveURL(/\/traces\/[0-9a-f]{32}\?.*span=[0-9a-f]{16}/)
  const span = page.getByRole('complementary', { name: 'Details of the span' })
  await expect(span).toContainText('error')
  await expect(span).toContainText(edge.target.replace(/^.*\//, ''))
})

async function openMesh(page: Page): Promise<void> {
  await page.goto('/topology')
  await expect(page.locator('canvas[data-painted]').first()).toBeVisible()
  await expect(page.getByText(/^\d+ nodes, \d+ edges$/)).toBeVisible()
}

/** A place on the line of an edge in the view that one begins with, found by trying. */
async function pointOn(page: Page, edge: SchemaEdgeItem): Promise<Point> {
  await openMesh(page)
  const [from, to, zoom] = await endsOf(page, edge)
  for (const { x, y } of besides(from, to, zoom)) {
    await page.mouse.click(x, y)
    const search = new URL(page.url()).searchParams
    if (search.get('edge') === edge.id) return { x, y }
    if (search.has('edge') || search.has('node')) await page.keyboard.press('Escape')
  }
  throw new Error(`no place on the line of ${edge.id} was found`)
}

/** The middles of the cards at both ends, on the screen, and how large the drawing is there. */
async function endsOf(page: Page, { source, target }: SchemaEdgeItem): Promise<[Point, Point, number]> {
  const ends = await page.locator('.graph__view').evaluate(
    (host, ids) => {
      const { graphEngine: engine } = host as unknown as Host
      const { left, top } = host.getBoundingClientRect()
      const places = engine.positions()
      return ids.map(id => {
        const screen = engine.screenOf(id)
        return { place: places.get(id), screen: screen && { x: screen.x + left, y: screen.y + top } }
      })
    },
    [source, target],
  )
  const [from, to] = ends
  if (!from?.place || !from.screen || !to?.place || !to.screen) throw new Error('the edge is not drawn')
  const apart = (a: Point, b: Point) => Math.hypot(a.x - b.x, a.y - b.y)
  return [from.screen, to.screen, apart(from.screen, to.screen) / apart(from.place, to.place)]
}

/** Where a line leaves the one card and where it reaches the other, more and more away from them. */
function* besides(from: Point, to: Point, zoom: number): Generator<Point> {
  const [half, height] = [(CARD.width / 2) * zoom, CARD.height * zoom]
  for (let away = 6; away < 60; away += 6) {
    for (let down = -height / 2; down <= height / 2; down += 3) {
      yield { x: from.x + half + away, y: from.y + down }
      yield { x: to.x - half - away, y: to.y + down }
    }
  }
}
