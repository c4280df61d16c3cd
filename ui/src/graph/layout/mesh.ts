// What a layout is made of: names and who calls whom. Everything is sorted by id first, so that the order in which an
// answer lists things cannot move anything.

import type { Box, Point } from '../geometry.ts'

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
  /** The namespaces of nodes that are in one, where nodes are to stand by namespace; without it they stand by flow alone. */
  namespaces?: ReadonlyMap<string, string> | undefined
}

/** Where everything stands. */
export interface Arrangement {
  /** Centres of the cards, by node. Some may be of nodes that are gone: who comes back stands where it stood. */
  places: ReadonlyMap<string, Point>
  /** What a call passes on its way past other cards, by `pairKey`; those that are not here go straight. */
  ways: ReadonlyMap<string, readonly Point[]>
  /** The namespace in whose box a node stands; empty in a picture without boxes. */
  homes: ReadonlyMap<string, string>
  /** By namespace: its box, and smaller ones of nodes that had no room in the first. None meets another. */
  boxes: ReadonlyMap<string, readonly Box[]>
  /** Nodes that people put where they stand. */
  pinned: ReadonlySet<string>
  /** How many nodes came after it was laid out. */
  newcomers: number
}

/** An arrangement of nobody, without boxes. */
export const UNGROUPED: Arrangement = {
  places: new Map(),
  ways: new Map(),
  homes: new Map(),
  boxes: new Map(),
  pinned: new Set(),
  newcomers: 0,
}

/** Name of a source and a target together; calls of several protocols share one. */
export function pairKey(source: string, target: string): string {
  return JSON.stringify([source, target])
}

export function endsOf(pair: string): [source: string, target: string] {
  return JSON.parse(pair)
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
  const calls = new Calls(ids.length, mesh.edges.length)
  for (const { source, target } of mesh.edges) {
    const [from, to] = [places.get(source), places.get(target)]
    if (from !== undefined && to !== undefined && from !== to) calls.add(from, to)
  }
  return digraphOfCalls(ids, calls)
}

/** Calls as they come, some several times; sorted as plain numbers, which takes a tenth of the time of sets. */
export class Calls {
  private readonly size: number
  private readonly numbers: Float64Array
  private count = 0

  constructor(size: number, most: number) {
    this.size = size
    this.numbers = new Float64Array(most)
  }

  add(from: number, to: number): void {
    this.numbers[this.count] = from * this.size + to
    this.count += 1
  }

  /** Each call once, in the order of who calls and then of who is called. */
  forEach(visit: (from: number, to: number) => void): void {
    let before = -1
    for (const number of this.numbers.subarray(0, this.count).sort()) {
      if (number !== before) visit(Math.floor(number / this.size), number % this.size)
      before = number
    }
  }
}

export function digraphOfCalls(ids: readonly string[], all: Calls): Digraph {
  const [calls, callers]: [number[][], number[][]] = [ids.map(() => []), ids.map(() => [])]
  all.forEach((from, to) => {
    calls[from]?.push(to)
    callers[to]?.push(from)
  })
  return { ids, calls, callers }
}

/** The parts of a mesh, each with the calls inside it; `partOf` says of each node which it is in, of so many. */
export function partsOf({ ids, calls }: Digraph, partOf: ArrayLike<number>, count: number): Digraph[] {
  const parts = Array.from({ length: count }, () => ({
    ids: [] as string[],
    calls: [] as number[][],
    callers: [] as number[][],
  }))
  const places = new Int32Array(ids.length)
  ids.forEach((id, node) => {
    const part = parts[partOf[node] ?? 0]
    if (part === undefined) return
    places[node] = part.ids.push(id) - 1
    part.calls.push([])
    part.callers.push([])
  })
  calls.forEach((targets, from) => {
    const part = parts[partOf[from] ?? 0]
    const source = places[from] ?? 0
    for (const to of targets) {
      if (partOf[to] !== partOf[from]) continue
      const target = places[to] ?? 0
      part?.calls[source]?.push(target)
      part?.callers[target]?.push(source)
    }
  })
  return parts
}

/** Where requests begin, of the nodes of a mesh. */
export function startsOf({ ids }: Digraph, entries: ReadonlySet<string>): Set<number> {
  const starts = new Set<number>()
  ids.forEach((id, node) => {
    if (entries.has(id)) starts.add(node)
  })
  return starts
}

/** The order of everybody, whatever the language of the browser. */
export function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
