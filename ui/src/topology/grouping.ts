// Whether nodes stand by namespace.

import type { SchemaGraph } from '../api/schema.d.ts'
import type { Arrangement } from '../graph/layout/mesh.ts'

/** Boxes of so few nodes on average would be more frame than picture. */
const NODES_PER_BOX_MIN = 2

/** Whether a picture has boxes: where the URL says so, else as it stands already, else where boxes say something. */
export function isGrouped(
  graph: SchemaGraph,
  group: 'ns' | 'off' | undefined,
  known: Arrangement | undefined,
): boolean {
  if (!canGroup(graph)) return false
  if (group !== undefined) return group === 'ns'
  // What comes later does not move who stands.
  if (known !== undefined && known.places.size > 0) return known.boxes.size > 0
  const namespaces = new Set(graph.nodes.map(({ namespace }) => namespace).filter(name => name !== null))
  return namespaces.size > 1 && graph.nodes.length >= NODES_PER_BOX_MIN * namespaces.size
}

/** Nodes that are namespaces themselves, or hold several, are in none. */
export function canGroup({ by, nodes }: SchemaGraph): boolean {
  return (by === 'service' || by === 'workload') && nodes.some(({ namespace }) => namespace !== null)
}
