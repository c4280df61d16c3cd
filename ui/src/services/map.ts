// A small map: the service in the middle, who calls it on the left, whom it calls on the right. Pure.

import type { SchemaEdgeItem, SchemaGraph, SchemaHealth, SchemaNodeItem } from '../api/schema.d.ts'
import { byCodeUnits } from '../graph/layout/mesh.ts'
import { widthOf } from '../graph/scene.ts'
import { RANK, TONE } from '../graph/trouble.ts'

export interface MapPeer {
  node: SchemaNodeItem
  requests: number
  rate: number
  tone: 'quiet' | 'warn' | 'bad'
  width: number
}

export interface MapSide {
  shown: MapPeer[]
  /** How many are left out. */
  more: number
}

/** A list longer than this would be no small map. */
export const PEERS_MAX = 6

const HEALTH_RANK: Record<SchemaHealth, number> = { failing: 0, degraded: 1, healthy: 2, idle: 3 }

/** The peers on one side: those in trouble first, then the busiest; in the order of their names, which does not jump. */
export function sideOf(graph: SchemaGraph, id: string, end: 'source' | 'target'): MapSide {
  const other = end === 'source' ? 'target' : 'source'
  const edges = graph.edges.filter(edge => edge[other] === id && edge[end] !== id)
  const byPeer = new Map<string, SchemaEdgeItem[]>()
  for (const edge of edges) byPeer.set(edge[end], [...(byPeer.get(edge[end]) ?? []), edge])
  const peers = graph.nodes.flatMap(node => {
    const own = byPeer.get(node.id)
    return own === undefined ? [] : [peerOf(node, own)]
  })
  const important = peers.toSorted(
    (a, b) =>
      RANK[b.tone] - RANK[a.tone] ||
      HEALTH_RANK[a.node.health] - HEALTH_RANK[b.node.health] ||
      b.requests - a.requests ||
      byCodeUnits(a.node.id, b.node.id),
  )
  const shown = important.slice(0, PEERS_MAX).sort((a, b) => byCodeUnits(a.node.id, b.node.id))
  return { shown, more: peers.length - shown.length }
}

function peerOf(node: SchemaNodeItem, edges: readonly SchemaEdgeItem[]): MapPeer {
  const sum = (of: (edge: SchemaEdgeItem) => number | null) =>
    edges.reduce((total, edge) => total + (of(edge) ?? 0), 0)
  const requests = sum(edge => edge.requests)
  const rate = sum(edge => edge.rate)
  const worst = edges.map(({ health }) => TONE[health]).reduce((a, b) => (RANK[b] > RANK[a] ? b : a), 'quiet')
  const tone = worst === 'idle' ? 'quiet' : worst
  return { node, requests, rate, tone, width: widthOf(rate) }
}

/** Heights of rows so that the shorter side stands in the middle of the longer one. */
export function rowsOf(count: number, most: number, height: number): number[] {
  const from = ((most - count) * height) / 2
  return Array.from({ length: count }, (_, row) => from + row * height + height / 2)
}
