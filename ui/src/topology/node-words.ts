// A node in one sentence, for who does not see the drawing.

import type { SchemaEdgeItem, SchemaNodeItem } from '../api/schema.d.ts'
import { nodeName, rateText, shareText } from '../graph/signal-text.ts'

export function nodeWords(node: SchemaNodeItem, edges: readonly SchemaEdgeItem[]): string {
  const { id, namespace, kind, health, requests, rate, error_rate } = node
  const incoming = edges.filter(({ target }) => target === id).length
  const outgoing = edges.filter(({ source }) => source === id).length
  return [
    nodeName(node),
    kind === 'service' ? null : kind,
    namespace === null ? null : `namespace ${namespace}`,
    health,
    requests === 0 ? 'no requests' : `${rateText(rate)}, ${shareText(error_rate)} errors`,
    `${incoming} in, ${outgoing} out`,
  ]
    .filter(part => part !== null)
    .join(', ')
}
