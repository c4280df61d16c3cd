// The layout by namespace: each namespace is laid out by itself and put into a box; the boxes stand in columns, by how far
// along the flow their nodes are on average, and near those whom they call.

import { type Box, CARD, cardBox, type Point, type Size } from '../geometry.ts'
import { acyclic } from './acyclic.ts'
import { flat } from './flat.ts'
import { homesOf } from './homes.ts'
import { layersOf } from './layers.ts'
import { type Arrangement, byCodeUnits, digraphOf, type Mesh, type MeshEdge, UNGROUPED } from './mesh.ts'
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
  const homes = homesOf(mesh)
  const groups = groupsOf(mesh, homes)
  const groupOf = new Map(groups.flatMap(({ inside }, at) => [...inside.places.keys()].map(id => [id, at])))
  const corners = stacked({
    sizes: groups.map(({ box }) => sizeOf(box)),
    ranks: ranksOf(mesh, groups, groupOf),
    calls: mesh.edges.flatMap(({ source, target }) => {
      const [from, to] = [groupOf.get(source), groupOf.get(target)]
      return from === undefined || to === undefined || from === to ? [] : [[from, to] as const]
    }),
  })
  return joined(groups, corners, homes)
}

const sizeOf = ({ left, top, right, bottom }: Box): Size => ({ width: right - left, height: bottom - top })

function groupsOf(mesh: Mesh, homes: ReadonlyMap<string, string>): Group[] {
  // No id of a node can be taken for a namespace: both are keys of one map.
  const keyOf = (id: string) => (homes.has(id) ? `in ${homes.get(id)}` : `is ${id}`)
  const parts = new Map<string, { nodes: string[]; edges: MeshEdge[] }>()
  const partOf = new Map<string, { nodes: string[]; edges: MeshEdge[] }>()
  for (const id of [...new Set(mesh.nodes)].sort(byCodeUnits)) {
    const key = keyOf(id)
    const part = parts.get(key) ?? { nodes: [], edges: [] }
    part.nodes.push(id)
    parts.set(key, part)
    partOf.set(id, part)
  }
  for (const edge of mesh.edges) {
    const part = partOf.get(edge.source)
    if (part !== undefined && part === partOf.get(edge.target)) part.edges.push(edge)
  }
  return [...parts]
    .sort(([a], [b]) => byCodeUnits(a, b))
    .map(([, { nodes, edges }]) => {
      const inside = flat({ nodes, edges, entries: mesh.entries })
      const namespace = homes.get(nodes[0] ?? '') ?? null
      return { namespace, inside, box: namespace === null ? alone(inside) : boxAround(inside) }
    })
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
  for (const { y } of [...ways.values()].flat()) {
    box.top = Math.min(box.top, y - BOX_PADDING - BOX_TITLE)
    box.bottom = Math.max(box.bottom, y + BOX_PADDING)
  }
  return box
}

/** How far along the flow the nodes of each group are on average. */
function ranksOf(mesh: Mesh, groups: readonly Group[], groupOf: ReadonlyMap<string, number>): number[] {
  const graph = digraphOf(mesh)
  const begins = new Set(mesh.entries)
  const starts = new Set([...graph.ids.keys()].filter(node => begins.has(graph.ids[node] ?? '')))
  const layers = layersOf(acyclic(graph, starts).graph)
  const sums = groups.map(() => 0)
  graph.ids.forEach((id, node) => {
    const at = groupOf.get(id)
    if (at !== undefined) sums[at] = (sums[at] ?? 0) + (layers[node] ?? 0)
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
