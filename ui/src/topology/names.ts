import type { SchemaGraph } from '../api/schema.d.ts'

/** The short name of a node, where it has one and no other node has it. */
export function nameOf({ nodes }: SchemaGraph, id: string): string {
  const name = nodes.find(node => node.id === id)?.name ?? null
  return name !== null && nodes.filter(node => node.name === name).length === 1 ? name : id
}
