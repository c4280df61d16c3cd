// Turns round the calls that close a cycle. Without cycles every call can lead forwards.

import { Calls, type Digraph, digraphOfCalls } from './mesh.ts'

export interface Acyclic {
  graph: Digraph
  /** Whether the call of these two was turned round: it is drawn backwards. */
  isTurned: (from: number, to: number) => boolean
}

/**
 * In a cycle, who is fewer calls away from where requests begin stands first, and calls against that order are turned:
 * of `web -> cart -> web` the second is the odd one. Calls that are in no cycle are never turned.
 */
export function acyclic(graph: Digraph, entries: ReadonlySet<number>): Acyclic {
  const depth = depths(graph, entries)
  const cycle = cyclesOf(graph)
  const isTurned = (from: number, to: number) => {
    if (cycle[from] !== cycle[to]) return false
    const further = (depth[to] ?? 0) - (depth[from] ?? 0)
    return further < 0 || (further === 0 && to < from)
  }
  const calls = new Calls(graph.ids.length, countOf(graph))
  graph.calls.forEach((targets, from) => {
    for (const to of targets) {
      if (isTurned(from, to)) calls.add(to, from)
      else calls.add(from, to)
    }
  })
  return { graph: digraphOfCalls(graph.ids, calls), isTurned }
}

const countOf = ({ calls }: Digraph) => calls.reduce((sum, targets) => sum + targets.length, 0)

/** How many calls each node is away from a start. */
function depths({ ids, calls, callers }: Digraph, entries: ReadonlySet<number>): number[] {
  const depth: number[] = []
  const calledBy = (node: number) => callers[node]?.length ?? 0
  const spread = (starts: readonly number[]) => {
    const reached = starts.filter(start => depth[start] === undefined)
    for (const start of reached) depth[start] = 0
    for (let at = 0; at < reached.length; at += 1) {
      const node = reached[at] ?? 0
      for (const to of calls[node] ?? []) {
        if (depth[to] !== undefined) continue
        depth[to] = (depth[node] ?? 0) + 1
        reached.push(to)
      }
    }
  }
  const all = [...ids.keys()]
  spread(all.filter(node => calledBy(node) === 0 || entries.has(node)))
  // Left are cycles that nobody calls from outside; each begins with the one that is called by fewest.
  for (const node of all.toSorted((a, b) => calledBy(a) - calledBy(b) || a - b)) spread([node])
  return depth
}

/** A number for each node: two have the same if each can be reached from the other (Tarjan's components). */
function cyclesOf({ ids, calls }: Digraph): number[] {
  const component = ids.map(() => -1)
  const found: number[] = []
  const lowest: number[] = []
  const stack: number[] = []
  let count = 0
  const close = (node: number) => {
    if (lowest[node] !== found[node]) return
    for (let member = stack.pop(); member !== undefined; member = stack.pop()) {
      component[member] = node
      if (member === node) return
    }
  }
  const meet = (node: number) => {
    found[node] = count
    lowest[node] = count
    count += 1
    stack.push(node)
    return { node, next: 0 }
  }
  for (const start of ids.keys()) {
    if (found[start] !== undefined) continue
    // Not recursive: a chain may be longer than the stack is deep.
    const path = [meet(start)]
    for (let step = path.at(-1); step !== undefined; step = path.at(-1)) {
      const { node } = step
      const to = calls[node]?.[step.next]
      step.next += 1
      if (to !== undefined) {
        if (found[to] === undefined) path.push(meet(to))
        else if (component[to] === -1) lowest[node] = Math.min(lowest[node] ?? 0, found[to])
        continue
      }
      path.pop()
      close(node)
      const parent = path.at(-1)?.node
      if (parent !== undefined) lowest[parent] = Math.min(lowest[parent] ?? 0, lowest[node] ?? 0)
    }
  }
  return component
}
