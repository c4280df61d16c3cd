// A mesh of nobody, which a worker lays out while it waits for one: what has run once runs several times as fast.

import type { Mesh } from './mesh.ts'

const NAMESPACES = 8
/** As many as make the loops hot, and take a few frames. */
const NODES = 160
const CALLS = 3

/** Tiers of services that call those below, with a few calls back up: all that a layout has to deal with. */
export function meshOfNobody(): Mesh {
  const nodes = Array.from({ length: NODES }, (_, at) => `n${at}`)
  const edges = nodes.flatMap((source, at) =>
    Array.from({ length: CALLS }, (_, call) => {
      const target = `n${call === 2 && at % 9 === 0 ? Math.floor(at / 3) : (at * (call + 2) + 1) % NODES}`
      return { id: `${source}-${call}`, source, target }
    }),
  )
  const namespaces = new Map(nodes.map((node, at) => [node, `s${(at * 7) % NAMESPACES}`]))
  return { nodes, edges, entries: ['n0'], namespaces }
}
