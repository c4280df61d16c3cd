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
  await openMesh(page)
  const point = await pointOn(page, edge)

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

/** A place on the line of an edge, found by trying; nothing is selected when it is returned. */
async function pointOn(page: Page, edge: SchemaEdgeItem): Promise<Point> {
  for (const pick of besides()) {
    const { x, y } = pick(await endsOf(page, edge))
    await page.mouse.click(x, y)
    // What was pressed is in the URL by then.
    await endsOf(page, edge)
    const search = new URL(page.url()).searchParams
    if (!search.has('edge') && !search.has('node')) continue
    await expect(details(page)).toBeVisible()
    await page.keyboard.press('Escape')
    await expect(details(page)).toBeHidden()
    // Where it is now: what is selected is brought into view.
    if (search.get('edge') === edge.id) return pick(await endsOf(page, edge))
  }
  throw new Error(`no place on the line of ${edge.id} was found`)
}

interface Ends {
  from: Point
  to: Point
  zoom: number
}

/** The ends of an edge once the view is at rest. */
async function endsOf(page: Page, edge: SchemaEdgeItem): Promise<Ends> {
  let ends = await endsNow(page, edge)
  await expect
    .poll(async () => {
      const before = JSON.stringify(ends)
      ends = await endsNow(page, edge)
      return JSON.stringify(ends) === before
    })
    .toBe(true)
  return ends
}

/** The middles of the cards at both ends, on the screen, and how large the drawing is there. */
async function endsNow(page: Page, { source, target }: SchemaEdgeItem): Promise<Ends> {
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
  const zoom = apart(from.screen, to.screen) / apart(from.place, to.place)
  return { from: from.screen, to: to.screen, zoom }
}

/** Where a line leaves the one card and where it reaches the other, more and more away from them. */
function* besides(): Generator<(ends: Ends) => Point> {
  for (let away = 6; away < 60; away += 6) {
    for (let down = -0.5; down <= 0.5; down += 0.05) {
      yield ({ from, zoom }) => ({
        x: from.x + (CARD.width / 2) * zoom + away,
        y: from.y + CARD.height * zoom * down,
      })
      yield ({ to, zoom }) => ({
        x: to.x - (CARD.width / 2) * zoom - away,
        y: to.y + CARD.height * zoom * down,
      })
    }
  }
}
