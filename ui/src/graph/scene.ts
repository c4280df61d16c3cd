// What is drawn: nodes with their words, calls with their lines, namespaces with their boxes. A pure function of the graph
// and of where things stand.

import type { SchemaGraph, SchemaHealth, SchemaKind, SchemaNodeItem } from '../api/schema.d.ts'
import { type Bundle, bundlesOf } from './bundles.ts'
import type { Curve } from './curve.ts'
import { around, type Box, cardBox, clamp, type Point } from './geometry.ts'
import { groupsOf, type SceneGroup } from './groups.ts'
import type { Arrangement } from './layout/mesh.ts'
import { linesOf } from './lines.ts'
import { latencyText, nodeName, rateText } from './signal-text.ts'
import { cardText, RANK, TONE, type Tone, troubleOf } from './trouble.ts'

export interface SceneNode {
  id: string
  name: string
  /** Where it belongs: the namespace, a database's system; else what it is. */
  scope: string
  kind: SchemaKind
  health: SchemaHealth
  rate: string
  errors: string
  latency: string
  place: Point
  isPinned: boolean
}

export interface SceneEdge {
  id: string
  source: string
  target: string
  curve: Curve
  width: number
  tone: Tone
  /** Part of the requests that failed; null where nobody knows. */
  share: number | null
  /** Whether that is of the last minute. */
  isNow: boolean
  /** Whether all of it is under mutual TLS, or a part; null where nobody knows. */
  lock: 'closed' | 'open' | null
  rate: number | null
  p95: number | null
  /** Whether its ends stand in different boxes. */
  isCross: boolean
}

export interface Neighbourhood {
  nodes: ReadonlySet<string>
  edges: ReadonlySet<string>
}

export interface Scene {
  nodes: readonly SceneNode[]
  /** The most important last: they are drawn over the others. */
  edges: readonly SceneEdge[]
  groups: readonly SceneGroup[]
  /** Calls from and to folded namespaces: one line for each two that have any. */
  bundles: readonly Bundle[]
  /** Calls between boxes, seen from far away: one line for each two boxes. Empty in a mesh that is small. */
  arcs: readonly Bundle[]
  nodeById: ReadonlyMap<string, SceneNode>
  edgeById: ReadonlyMap<string, SceneEdge>
  bounds: Box | null
}

/** A mesh of more nodes is seen as a whole before it is read. */
export const LARGE = 250

const WIDTH_MIN = 1.2
const WIDTH_MAX = 7
const NOBODY: ReadonlySet<string> = new Set()

/** `folded` are namespaces of which only the box is shown. */
export function sceneOf(
  graph: SchemaGraph,
  arrangement: Arrangement,
  folded: ReadonlySet<string> = NOBODY,
): Scene {
  const { places, homes, pinned } = arrangement
  const isFolded = (id: string) => {
    const home = homes.get(id)
    return home !== undefined && folded.has(home)
  }
  const nodes: SceneNode[] = []
  const nodeById = new Map<string, SceneNode>()
  for (const item of graph.nodes) {
    const place = places.get(item.id)
    if (place === undefined || isFolded(item.id)) continue
    const node = sceneNode(item, place, pinned.has(item.id))
    nodes.push(node)
    nodeById.set(item.id, node)
  }
  const groups = groupsOf(graph, arrangement, folded)
  const edges = edgesOf(graph, arrangement, nodeById)
  const isOverview = graph.nodes.length > LARGE && groups.length > 0
  return {
    nodes,
    edges,
    groups,
    bundles: folded.size === 0 ? [] : bundlesOf(graph, arrangement, groups, id => isFolded(id)),
    arcs: isOverview ? bundlesOf(graph, arrangement, groups, () => true) : [],
    nodeById,
    edgeById: new Map(edges.map(edge => [edge.id, edge])),
    bounds: boundsOf(nodes, edges, groups),
  }
}

function edgesOf(
  graph: SchemaGraph,
  arrangement: Arrangement,
  nodeById: ReadonlyMap<string, SceneNode>,
): SceneEdge[] {
  const { homes } = arrangement
  const lines = linesOf(arrangement, graph, nodeById)
  const edges: SceneEdge[] = []
  for (const edge of graph.edges) {
    const curve = lines.get(edge.id)
    if (curve === undefined || !nodeById.has(edge.source) || !nodeById.has(edge.target)) continue
    const { id, source, target, rate, health, mtls, p95_ms } = edge
    const { share, isNow } = troubleOf(edge)
    edges.push({
      id,
      source,
      target,
      curve,
      width: widthOf(rate ?? 0),
      tone: TONE[health],
      share,
      isNow,
      rate,
      lock: mtls === null ? null : mtls >= 1 ? 'closed' : 'open',
      p95: p95_ms,
      isCross: homes.get(source) !== homes.get(target),
    })
  }
  return edges.sort((a, b) => RANK[a.tone] - RANK[b.tone] || (a.rate ?? 0) - (b.rate ?? 0))
}

function boundsOf(
  nodes: readonly SceneNode[],
  edges: readonly SceneEdge[],
  groups: readonly SceneGroup[],
): Box | null {
  const boxes = nodes.map(({ place }) => cardBox(place))
  for (const { curve } of edges) boxes.push(curve.box)
  for (const group of groups) boxes.push(...group.boxes)
  return around(boxes)
}

function sceneNode(node: SchemaNodeItem, place: Point, isPinned: boolean): SceneNode {
  const { id, kind, health } = node
  return { id, ...wordsOf(node), kind, health, ...numbersOf(node), place, isPinned }
}

/** `postgresql/orders` is the database `orders` of the system `postgresql`. */
function wordsOf(node: SchemaNodeItem): { name: string; scope: string } {
  const { namespace, kind } = node
  const name = nodeName(node)
  const slash = name.indexOf('/')
  if ((kind === 'database' || kind === 'queue') && slash > 0) {
    return { name: name.slice(slash + 1), scope: name.slice(0, slash) }
  }
  // Of a namespace's own node it would say the same twice.
  if (namespace === name) return { name, scope: '' }
  return { name, scope: namespace ?? (kind === 'service' ? '' : kind) }
}

function numbersOf(node: SchemaNodeItem) {
  const { requests, rate, p95_ms } = node
  if (requests === 0) return { rate: 'no requests', errors: '', latency: '' }
  const trouble = troubleOf(node)
  return {
    rate: rateText(rate),
    errors: trouble.share === null ? '' : cardText(trouble),
    latency: p95_ms === null ? '' : `p95 ${latencyText(p95_ms)}`,
  }
}

/** Ten times the rate is a step of the same size everywhere: meshes have a few large and many small flows. */
export function widthOf(rate: number): number {
  return clamp(WIDTH_MIN + 0.9 * Math.log10(1 + rate * 10), WIDTH_MIN, WIDTH_MAX)
}

/** Who calls a node and whom it calls, itself among them. */
export function neighboursOf({ edges }: Scene, id: string): Neighbourhood {
  const found = { nodes: new Set([id]), edges: new Set<string>() }
  for (const edge of edges) {
    if (edge.source !== id && edge.target !== id) continue
    found.nodes.add(edge.source).add(edge.target)
    found.edges.add(edge.id)
  }
  return found
}
