// A node in one sentence, for who does not see the drawing.

import type { SchemaGraphEdge, SchemaGraphNode } from '../api/graph-schema.ts'
import { formatRate, formatShare } from '../ui/format.ts'

export function nodeWords(node: SchemaGraphNode, edges: readonly SchemaGraphEdge[]): string {
  const { id, name, namespace, kind, health, requests, rate, error_rate } = node
  const incoming = edges.filter(({ target }) => target === id).length
  const outgoing = edges.filter(({ source }) => source === id).length
  return [
    name,
    kind === 'service' ? null : kind,
    namespace === null ? null : `namespace ${namespace}`,
    health,
    requests === 0 ? 'no requests' : `${formatRate(rate)}, ${formatShare(error_rate)} errors`,
    `${incoming} in, ${outgoing} out`,
  ]
    .filter(part => part !== null)
    .join(', ')
}
