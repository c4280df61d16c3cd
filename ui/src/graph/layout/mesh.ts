// What a layout is made of: names and who calls whom. Everything is sorted by id first, so that the order in which an
// answer lists things cannot move anything.

import type { Point } from '../geometry.ts'

export interface MeshEdge {
  id: string
  source: string
  target: string
}

export interface Mesh {
  nodes: readonly string[]
  edges: readonly MeshEdge[]
  /** Where requests begin: these stand first where a cycle leaves the choice. */
  entries: readonly string[]
}

/** Where everything stands. */
export interface Arrangement {
  /** Centres of the cards, by node. Some may be of nodes that are gone: who comes back stands where it stood. */
  places: ReadonlyMap<string, Point>
  /** What a call passes on its way past other cards, by `pairKey`; those that are not here go straight. */
  ways: ReadonlyMap<string, readonly Point[]>
  /** How many nodes came after it was laid out. */
  newcomers: number
}

/** Name of a source and a target together; calls of several protocols share one. */
export function pairKey(source: string, target: string): string {
  return JSON.stringify([source, target])
}

/** A mesh as numbers: nodes are their places in `ids`, and of several calls between two nodes there is one. */
export interface Digraph {
  ids: readonly string[]
  /** Places of the nodes that each one calls, ascending; never itself. */
  calls: readonly (readonly number[])[]
  /** Places of the nodes that call each one, ascending. */
  callers: readonly (readonly number[])[]
}

export function digraphOf(mesh: Mesh): Digraph {
  const ids = [...new Set(mesh.nodes)].sort(byCodeUnits)
  const places = new Map(ids.map((id, place) => [id, place]))
  const calls = ids.map(() => new Set<number>())
  for (const { source, target } of mesh.edges) {
    const [from, to] = [places.get(source), places.get(target)]
    if (from !== undefined && to !== undefined && from !== to) calls[from]?.add(to)
  }
  return digraphOfCalls(
    ids,
    calls.map(targets => [...targets].sort((a, b) => a - b)),
  )
}

export function digraphOfCalls(ids: readonly string[], calls: readonly (readonly number[])[]): Digraph {
  const callers: number[][] = ids.map(() => [])
  calls.forEach((targets, from) => {
    for (const to of targets) callers[to]?.push(from)
  })
  return { ids, calls, callers }
}

/** The order of everybody, whatever the language of the browser. */
export function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
