import type { SchemaGraph } from '../api/graph-schema.ts'

/** The short name where only one node has it. */
export function nameOf({ nodes }: SchemaGraph, id: string): string {
  const name = nodes.find(node => node.id === id)?.name
  return name !== undefined && nodes.filter(node => node.name === name).length === 1 ? name : id
}
