// What is drawn: nodes with their words, calls with their lines. A pure function of the graph and of where things stand.

import type {
  SchemaEdgeItem,
  SchemaGraph,
  SchemaHealth,
  SchemaKind,
  SchemaNodeItem,
} from '../api/schema.d.ts'
import { type Curve, curveOf } from './curve.ts'
import { around, type Box, cardBox, clamp, type Point } from './geometry.ts'
import { type Arrangement, byCodeUnits, pairKey } from './layout/mesh.ts'
import { latencyText, nodeName, rateText, shareText } from './signal-text.ts'

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
}

/** How a line stands out. Not a health, which only the server tells. */
export type Tone = 'idle' | 'quiet' | 'warn' | 'bad'

export interface SceneEdge {
  id: string
  source: string
  target: string
  curve: Curve
  width: number
  tone: Tone
  /** Part of the requests that failed; null where nobody knows. */
  share: number | null
  /** Whether all of it is under mutual TLS, or a part; null where nobody knows. */
  lock: 'closed' | 'open' | null
  rate: number | null
}

export interface Neighbourhood {
  nodes: ReadonlySet<string>
  edges: ReadonlySet<string>
}

export interface Scene {
  nodes: readonly SceneNode[]
  /** The most important last: they are drawn over the others. */
  edges: readonly SceneEdge[]
  nodeById: ReadonlyMap<string, SceneNode>
  edgeById: ReadonlyMap<string, SceneEdge>
  /** Who calls each node and whom it calls, itself among them. */
  neighbours: ReadonlyMap<string, Neighbourhood>
  bounds: Box | null
}

/** From this share of failed requests on a line stands out, and more so from the second on. The legend says so. */
export const WARN_SHARE = 0.01
export const BAD_SHARE = 0.1

const WIDTH_MIN = 1.2
const WIDTH_MAX = 7

export function sceneOf(graph: SchemaGraph, arrangement: Arrangement): Scene {
  const { places } = arrangement
  const nodes = graph.nodes.flatMap(node => {
    const place = places.get(node.id)
    return place === undefined ? [] : [sceneNode(node, place)]
  })
  const nodeById = new Map(nodes.map(node => [node.id, node]))
  const lanes = new Map<string, number>()
  const lines = linesOf(arrangement)
  const edges = graph.edges
    .toSorted((a, b) => byCodeUnits(a.id, b.id))
    .flatMap(edge => {
      const [source, target] = [nodeById.get(edge.source), nodeById.get(edge.target)]
      if (source === undefined || target === undefined) return []
      const pair = pairKey(edge.source, edge.target)
      const lane = lanes.get(pair) ?? 0
      lanes.set(pair, lane + 1)
      return [sceneEdge(edge, lines(source, target, pair, lane))]
    })
  edges.sort((a, b) => RANK[a.tone] - RANK[b.tone] || (a.rate ?? 0) - (b.rate ?? 0))
  const boxes = [...nodes.map(({ place }) => cardBox(place)), ...edges.map(({ curve }) => curve.box)]
  return {
    nodes,
    edges,
    nodeById,
    edgeById: new Map(edges.map(edge => [edge.id, edge])),
    neighbours: neighboursOf(nodes, edges),
    bounds: around(boxes),
  }
}

/** Lines of a picture that stay as they are while numbers change, which is what changes mostly. */
const drawn = new WeakMap<Arrangement, Map<string, Curve>>()

function linesOf(arrangement: Arrangement) {
  const known = drawn.get(arrangement) ?? new Map<string, Curve>()
  drawn.set(arrangement, known)
  return (source: SceneNode, target: SceneNode, pair: string, lane: number): Curve => {
    const key = `${lane} ${source.kind} ${target.kind} ${pair}`
    const curve = known.get(key) ?? curveOf(source, target, arrangement.ways.get(pair) ?? [], lane)
    known.set(key, curve)
    return curve
  }
}

const RANK: Record<Tone, number> = { idle: 0, quiet: 1, warn: 2, bad: 3 }

function sceneNode(node: SchemaNodeItem, place: Point): SceneNode {
  const { id, kind, health } = node
  return { id, ...wordsOf(node), kind, health, ...numbersOf(node), place }
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

function numbersOf({ requests, rate, error_rate, p95_ms }: SchemaNodeItem) {
  if (requests === 0) return { rate: 'no requests', errors: '', latency: '' }
  return {
    rate: rateText(rate),
    errors: error_rate === null ? '' : `${shareText(error_rate)} err`,
    latency: p95_ms === null ? '' : `p95 ${latencyText(p95_ms)}`,
  }
}

function sceneEdge(edge: SchemaEdgeItem, curve: Curve): SceneEdge {
  const { id, source, target, rate, error_rate, mtls } = edge
  const tone = toneOf(edge)
  const lock = mtls === null ? null : mtls >= 1 ? 'closed' : 'open'
  return { id, source, target, curve, width: widthOf(rate ?? 0), tone, share: error_rate, lock, rate }
}

/** In trouble the share of errors is what matters; how many they are the width says. */
export function labelOf({ tone, share, rate }: SceneEdge): string {
  return tone === 'warn' || tone === 'bad' ? `${shareText(share)} err` : rateText(rate)
}

function toneOf({ requests, error_rate }: SchemaEdgeItem): Tone {
  if (requests === 0) return 'idle'
  const share = error_rate ?? 0
  return share >= BAD_SHARE ? 'bad' : share >= WARN_SHARE ? 'warn' : 'quiet'
}

/** Ten times the rate is a step of the same size everywhere: meshes have a few large and many small flows. */
export function widthOf(rate: number): number {
  return clamp(WIDTH_MIN + 0.9 * Math.log10(1 + rate * 10), WIDTH_MIN, WIDTH_MAX)
}

function neighboursOf(nodes: readonly SceneNode[], edges: readonly SceneEdge[]): Map<string, Neighbourhood> {
  const found = new Map(nodes.map(({ id }) => [id, { nodes: new Set([id]), edges: new Set<string>() }]))
  for (const { id, source, target } of edges) {
    for (const [self, other] of [
      [source, target],
      [target, source],
    ] as const) {
      found.get(self)?.nodes.add(other)
      found.get(self)?.edges.add(id)
    }
  }
  return found
}
