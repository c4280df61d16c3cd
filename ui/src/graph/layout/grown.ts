// Keeps a picture as it is while the mesh changes: who stands, stands. Who comes gets a free place beside those whom it
// calls or who call it. Only a layout from the start, which people ask for, moves anything.

import { Boxes } from '../boxes.ts'
import { type Box, CARD, COLUMN_GAP, cardBox, type Point, ROW_GAP } from '../geometry.ts'
import { layout } from './layout.ts'
import { type Arrangement, byCodeUnits, type Mesh, pairKey } from './mesh.ts'

const STEP = { x: CARD.width + COLUMN_GAP, y: CARD.height + ROW_GAP }
/** Between two cards at least this is free. */
const MARGIN = 10
/** So many columns to each side are searched, and rows as far as it takes. */
const COLUMNS_ASIDE = 2

/** So many who went away still have their place. */
const GONE_MAX = 200

/** The picture of a mesh after that of the same mesh a moment ago. */
export function grown(before: Arrangement, mesh: Mesh): Arrangement {
  const come = mesh.nodes.filter(id => !before.places.has(id))
  if (come.length === 0) return before
  if (come.length === mesh.nodes.length) return layout(mesh)
  const { places, ways } = remembered(before, mesh)
  const taken = new Boxes({ width: STEP.x, height: STEP.y })
  for (const place of places.values()) taken.add(cardBox(place))
  for (const way of ways.values()) for (const box of bendBoxes(way)) taken.add(box)
  const newcomers = newcomersOf(mesh, places)
  for (let id = newcomers.next(); id !== null; id = newcomers.next()) {
    const place = freePlace(wishOf(newcomers, id, places), taken)
    places.set(id, place)
    taken.add(cardBox(place))
  }
  return { places, ways, newcomers: before.newcomers + come.length }
}

/** Who is there, and the last of those who were. */
function remembered({ places, ways }: Arrangement, mesh: Mesh) {
  const here = new Set(mesh.nodes)
  const gone = [...places.keys()].filter(id => !here.has(id))
  const forgotten = new Set(gone.slice(0, Math.max(0, gone.length - GONE_MAX)))
  const pairs = new Set(mesh.edges.map(({ source, target }) => pairKey(source, target)))
  return {
    places: new Map([...places].filter(([id]) => !forgotten.has(id))),
    ways: forgotten.size === 0 ? new Map(ways) : new Map([...ways].filter(([pair]) => pairs.has(pair))),
  }
}

/** What calls keep free where they pass a column. */
function bendBoxes(way: readonly Point[]): Box[] {
  const boxes: Box[] = []
  for (let at = 0; at + 1 < way.length; at += 2) {
    const [a, b] = [way[at], way[at + 1]]
    if (a === undefined || b === undefined) continue
    boxes.push({ left: Math.min(a.x, b.x), right: Math.max(a.x, b.x), top: a.y - 1, bottom: a.y + 1 })
  }
  return boxes
}

interface Newcomers {
  /** The one with most neighbours that have a place; null if nobody is left. */
  next: () => string | null
  callers: ReadonlyMap<string, readonly string[]>
  calls: ReadonlyMap<string, readonly string[]>
}

function newcomersOf(mesh: Mesh, places: ReadonlyMap<string, Point>): Newcomers {
  const [callers, calls] = [new Map<string, string[]>(), new Map<string, string[]>()]
  for (const { source, target } of mesh.edges) {
    if (source === target) continue
    callers.set(target, [...(callers.get(target) ?? []), source])
    calls.set(source, [...(calls.get(source) ?? []), target])
  }
  const left = new Set([...mesh.nodes].filter(id => !places.has(id)).sort(byCodeUnits))
  const standing = (id: string) =>
    [...(callers.get(id) ?? []), ...(calls.get(id) ?? [])].filter(other => places.has(other)).length
  const next = () => {
    let [best, most] = [null as string | null, -1]
    for (const id of left) {
      const count = standing(id)
      if (count > most) [best, most] = [id, count]
    }
    if (best !== null) left.delete(best)
    return best
  }
  return { next, callers, calls }
}

/** Right of the callers, else left of the called, else below everything. */
function wishOf(newcomers: Newcomers, id: string, places: ReadonlyMap<string, Point>): Point {
  const standing = (ids: readonly string[] | undefined) =>
    (ids ?? []).map(other => places.get(other)).filter(place => place !== undefined)
  const callers = standing(newcomers.callers.get(id))
  const called = standing(newcomers.calls.get(id))
  const near = callers.length > 0 ? callers : called
  if (near.length === 0) {
    const all = [...places.values()]
    return { x: Math.min(...all.map(({ x }) => x)), y: Math.max(...all.map(({ y }) => y)) + STEP.y }
  }
  const xs = near.map(({ x }) => x)
  const x = callers.length > 0 ? Math.max(...xs) + STEP.x : Math.min(...xs) - STEP.x
  const around = [...callers, ...called]
  return { x, y: around.reduce((sum, { y }) => sum + y, 0) / around.length }
}

/** The free place that is nearest, rows before columns. */
function freePlace(wish: Point, taken: Boxes): Point {
  const columns = [0, ...Array.from({ length: COLUMNS_ASIDE }, (_, i) => [i + 1, -i - 1]).flat()]
  for (let ring = 0; ; ring += 1) {
    for (const column of columns) {
      // A column aside is as far as some rows.
      const rows = ring - Math.abs(column) * 2
      if (rows < 0) continue
      for (const sign of rows === 0 ? [1] : [1, -1]) {
        const place = { x: wish.x + column * STEP.x, y: wish.y + (sign * rows * STEP.y) / 2 }
        if (!taken.meets(cardBox(place, MARGIN))) return place
      }
    }
  }
}
