// A graph and what the stream says of it.

import type { SchemaGraph, SchemaGraphPatch } from './schema.d.ts'

/** What comes over the stream. */
export type GraphEvent =
  | { kind: 'snapshot'; graph: SchemaGraph }
  | { kind: 'patch'; patch: SchemaGraphPatch }
  /** Nothing changed, and the server is there. */
  | { kind: 'heartbeat' }

/** The graph after an event; what is not known yet begins with a snapshot. */
export function after(graph: SchemaGraph | undefined, event: GraphEvent): SchemaGraph | undefined {
  switch (event.kind) {
    case 'snapshot':
      return event.graph
    case 'patch':
      return graph === undefined ? undefined : patched(graph, event.patch)
    case 'heartbeat':
      return graph
  }
}

/** The graph after a patch. What the patch does not name stays the same object, in the same place. */
export function patched(graph: SchemaGraph, patch: SchemaGraphPatch): SchemaGraph {
  const { rev, start, end, entry_points, cycles, unpaired } = patch
  return {
    ...graph,
    ...{ rev, start, end, entry_points, cycles, unpaired },
    nodes: merged(graph.nodes, patch.nodes),
    edges: merged(graph.edges, patch.edges),
  }
}

interface Changes<Item> {
  upsert: readonly Item[]
  remove: readonly string[]
}

function merged<Item extends { id: string }>(items: Item[], { upsert, remove }: Changes<Item>): Item[] {
  if (upsert.length === 0 && remove.length === 0) return items
  const byId = new Map(items.map(item => [item.id, item]))
  for (const id of remove) byId.delete(id)
  for (const item of upsert) byId.set(item.id, item)
  return [...byId.values()]
}
