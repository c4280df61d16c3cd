// Finding nodes and edges by what people remember of them.

import type { SchemaEdgeItem, SchemaNodeItem } from '../api/schema.d.ts'
import { nodeName } from '../graph/signal-text.ts'

/** Whether all words of a text are in a node's names, kind or health, in any order and case. */
export function isFound(node: SchemaNodeItem, text: string): boolean {
  const { id, kind, health, aliases } = node
  return wordsOf(text).every(word =>
    [id, nodeName(node), kind, health, ...aliases].some(part => has(part, word)),
  )
}

/** Whether all words of a text are in an edge's ends or protocol. */
export function isEdgeFound({ source, target, protocol }: SchemaEdgeItem, text: string): boolean {
  return wordsOf(text).every(word => [source, target, protocol].some(part => has(part, word)))
}

const wordsOf = (text: string) => text.toLowerCase().split(/\s+/).filter(Boolean)
const has = (part: string, word: string) => part.toLowerCase().includes(word)
