// Finding nodes and edges by what people remember of them.

import type { SchemaGraphEdge, SchemaGraphNode } from '../api/graph-schema.ts'

/** Whether all words of a text are in a node's names, kind or health, in any order and case. */
export function isFound(node: SchemaGraphNode, text: string): boolean {
  const { id, name, kind, health, aliases } = node
  return wordsOf(text).every(word => [id, name, kind, health, ...aliases].some(part => has(part, word)))
}

/** Whether all words of a text are in an edge's ends or protocol. */
export function isEdgeFound({ source, target, protocol }: SchemaGraphEdge, text: string): boolean {
  return wordsOf(text).every(word => [source, target, protocol].some(part => has(part, word)))
}

const wordsOf = (text: string) => text.toLowerCase().split(/\s+/).filter(Boolean)
const has = (part: string, word: string) => part.toLowerCase().includes(word)
