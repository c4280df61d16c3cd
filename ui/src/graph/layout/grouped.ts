// The layout by namespace: each namespace is laid out by itself and put into a box; the boxes stand in columns, by how far
// along the flow their nodes are on average, and near those whom they call.

import { type Box, CARD, cardBox, type Point, type Size } from '../geometry.ts'
import { acyclic } from './acyclic.ts'
import { flat } from './flat.ts'
import { homesOf } from './homes.ts'
import { layersOf } from './layers.ts'
import {
  type Arrangement,
  byCodeUnits,
  type Digraph,
  digraphOf,
  type Mesh,
  partsOf,
  startsOf,
  UNGROUPED,
} from './mesh.ts'
import { stacked } from './stack.ts'

/** Between a box and what is in it, and above that the namespace's name. */
export const BOX_PADDING = 22
export const BOX_TITLE = 34

/** What stands together: a namespace, or a node beside the boxes. */
interface Group {
  namespace: string | null
  inside: Arrangement
  /** Of the drawing inside, before it has its place. */
  box: Box
}

export function grouped(mesh: Mesh): Arrangement {
  const graph = digraphOf(mesh)
  const entries = new Set(mesh.entries)
  const homes = homesOf(mesh)
  const groupOf = groupsOf(graph, homes)
  const groups = partsOf(graph, groupOf, new Set(groupOf).size).map(part => groupFrom(part, homes, entries))
  const places = new Map(graph.ids.map((id, node) => [id, groupOf[node] ?? 0]))
  const corners = stacked({
    sizes: groups.map(({ box }) => sizeOf(box)),
    ranks: ranksOf(graph, entries, groups, groupOf),
    calls: mesh.edges.flatMap(({ source, target }) => {
      const [from, to] = [places.get(source), places.get(target)]
      return from === undefined || to === undefined || from === to ? [] : [[from, to] as const]
    }),
  })
  return joined(groups, corners, homes)
}

const sizeOf = ({ left, top, right, bottom }: Box): Size => ({ width: right - left, height: bottom - top })

/** The group of each node: groups are in the order of their names. */
function groupsOf({ ids }: Digraph, homes: ReadonlyMap<string, string>): number[] {
  // No id of a node can be taken for a namespace: both are keys of one map.
  const keys = ids.map(id => {
    const home = homes.get(id)
    return home === undefined ? `is ${id}` : `in ${home}`
  })
  const groups = new Map([...new Set(keys)].sort(byCodeUnits).map((key, at) => [key, at]))
  return keys.map(key => groups.get(key) ?? 0)
}

function groupFrom(part: Digraph, homes: ReadonlyMap<string, string>, entries: ReadonlySet<string>): Group {
  const inside = flat(part, entries)
  const namespace = homes.get(part.ids[0] ?? '') ?? null
  return { namespace, inside, box: namespace === null ? alone(inside) : boxAround(inside) }
}

function alone({ places }: Arrangement): Box {
  const [place = { x: 0, y: 0 }] = places.values()
  return cardBox(place)
}

/** The box of a namespace of which only the nodes are known. */
export function boxOfPlaces(places: Iterable<Point>): Box {
  let [left, top, right, bottom] = [
    Number.POSITIVE_INFINITY,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ]
  for (const { x, y } of places) {
    left = Math.min(left, x)
    top = Math.min(top, y)
    right = Math.max(right, x)
    bottom = Math.max(bottom, y)
  }
  return {
    left: left - CARD.width / 2 - BOX_PADDING,
    top: top - CARD.height / 2 - BOX_PADDING - BOX_TITLE,
    right: right + CARD.width / 2 + BOX_PADDING,
    bottom: bottom + CARD.height / 2 + BOX_PADDING,
  }
}

/** Calls that pass beside all cards are inside, too. */
function boxAround({ places, ways }: Arrangement): Box {
  const box = boxOfPlaces(places.values())
  for (const way of ways.values()) {
    for (const { y } of way) {
      box.top = Math.min(box.top, y - BOX_PADDING - BOX_TITLE)
      box.bottom = Math.max(box.bottom, y + BOX_PADDING)
    }
  }
  return box
}

/** How far along the flow the nodes of each group are on average. */
function ranksOf(
  graph: Digraph,
  entries: ReadonlySet<string>,
  groups: readonly Group[],
  groupOf: readonly number[],
): number[] {
  const layers = layersOf(acyclic(graph, startsOf(graph, entries)).graph)
  const sums = groups.map(() => 0)
  groupOf.forEach((at, node) => {
    sums[at] = (sums[at] ?? 0) + (layers[node] ?? 0)
  })
  return groups.map(({ inside }, at) => (sums[at] ?? 0) / Math.max(1, inside.places.size))
}

function joined(
  groups: readonly Group[],
  corners: readonly Point[],
  homes: ReadonlyMap<string, string>,
): Arrangement {
  const places = new Map<string, Point>()
  const ways = new Map<string, Point[]>()
  const boxes = new Map<string, Box[]>()
  for (const [at, { namespace, inside, box }] of groups.entries()) {
    const corner = corners[at] ?? { x: 0, y: 0 }
    const move = ({ x, y }: Point): Point => ({ x: x - box.left + corner.x, y: y - box.top + corner.y })
    for (const [id, place] of inside.places) places.set(id, move(place))
    for (const [pair, way] of inside.ways) ways.set(pair, way.map(move))
    if (namespace === null) continue
    const { width, height } = sizeOf(box)
    boxes.set(namespace, [
      { left: corner.x, top: corner.y, right: corner.x + width, bottom: corner.y + height },
    ])
  }
  return { ...UNGROUPED, places, ways, homes, boxes }
}
