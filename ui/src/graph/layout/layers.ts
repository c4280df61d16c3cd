// In which layer each node stands: as far along as its longest way from a start.

import type { Digraph } from './mesh.ts'

/** The layer of each node; every call leads to a later one. The graph has no cycles. */
export function layersOf({ ids, calls, callers }: Digraph): number[] {
  const layers = ids.map(() => 0)
  for (const node of inOrder({ ids, calls, callers })) {
    for (const to of calls[node] ?? []) layers[to] = Math.max(layers[to] ?? 0, (layers[node] ?? 0) + 1)
  }
  // Who is called by nobody stands beside the first that it calls, not at the far end of the drawing.
  ids.forEach((_, node) => {
    const targets = calls[node] ?? []
    if (callers[node]?.length === 0 && targets.length > 0) {
      layers[node] = Math.min(...targets.map(to => layers[to] ?? 0)) - 1
    }
  })
  return layers
}

/** All nodes, each after those that call it. */
function inOrder({ ids, calls, callers }: Digraph): number[] {
  const awaited = callers.map(of => of.length)
  const order = [...ids.keys()].filter(node => awaited[node] === 0)
  for (let at = 0; at < order.length; at += 1) {
    for (const to of calls[order[at] ?? 0] ?? []) {
      const left = (awaited[to] ?? 0) - 1
      awaited[to] = left
      if (left === 0) order.push(to)
    }
  }
  return order
}
