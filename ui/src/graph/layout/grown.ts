// Keeps a picture as it is while the mesh changes: who stands, stands. Who comes gets a free place beside those whom it
// calls or who call it. Only a layout from the start, which people ask for, moves anything.

import { type Box, contains, type Point } from '../geometry.ts'
import { boxOfPlaces } from './grouped.ts'
import { homesOf } from './homes.ts'
import { layout } from './layout.ts'
import { type Arrangement, byCodeUnits, endsOf, type Mesh, pairKey } from './mesh.ts'
import { Room, STEP } from './room.ts'

/** So many who went away still have their place. */
const GONE_MAX = 200

/** The picture of a mesh after that of the same mesh a moment ago. */
export function grown(before: Arrangement, mesh: Mesh): Arrangement {
  const come = mesh.nodes.filter(id => !before.places.has(id))
  if (come.length === 0) return before
  if (come.length === mesh.nodes.length) return layout(mesh)
  const { places, ways } = remembered(before, mesh)
  // Who stands in a box stays in it, and who stands beside them does, whatever it calls from now on.
  const homes = new Map([
    ...[...homesOf(mesh)].filter(([id]) => !before.places.has(id)),
    ...[...before.homes].filter(([id]) => places.has(id)),
  ])
  const room = roomOf({ ...before, places, ways, homes })
  const newcomers = newcomersOf(mesh, places)
  for (let id = newcomers.next(); id !== null; id = newcomers.next()) {
    places.set(id, room.settle(wishOf(newcomers, id, places), homes.get(id)))
  }
  return { ...before, places, ways, homes, boxes: room.boxes, newcomers: before.newcomers + come.length }
}

/** The picture after somebody put a node elsewhere: where there is no room it stands as near as there is. */
export function moved(before: Arrangement, id: string, wish: Point): Arrangement {
  if (!before.places.has(id)) return before
  const [places, ways, boxes] = [
    new Map(before.places),
    new Map<string, readonly Point[]>(),
    new Map(before.boxes),
  ]
  places.delete(id)
  for (const [pair, way] of before.ways) if (!endsOf(pair).includes(id)) ways.set(pair, way)
  const home = before.homes.get(id)
  if (home !== undefined) boxes.set(home, shrunk(boxes.get(home) ?? [], home, { ...before, places }))
  const room = roomOf({ ...before, places, ways, boxes })
  places.set(id, room.put(wish, home))
  return { ...before, places, ways, boxes: room.boxes, pinned: new Set([...before.pinned, id]) }
}

/** The boxes of a namespace no larger than those in it need. */
function shrunk(boxes: readonly Box[], home: string, { places, homes }: Arrangement): Box[] {
  const members = [...places].filter(([id]) => homes.get(id) === home).map(([, place]) => place)
  return boxes.flatMap(box => {
    const inside = members.filter(place => contains(box, place))
    return inside.length === 0 ? [] : [boxOfPlaces(inside)]
  })
}

function roomOf({ places, ways, homes, boxes }: Arrangement): Room {
  const room = new Room(boxes)
  for (const [id, place] of places) room.take(place, homes.get(id))
  for (const way of ways.values()) for (const box of bendBoxes(way)) room.keepFree(box)
  return room
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
