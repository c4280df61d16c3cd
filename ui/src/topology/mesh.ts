// What of a graph a layout takes, and what a picture is called.

import type { GraphQuestion } from '../api/graph-question.ts'
import type { Tenant } from '../api/queries.ts'
import type { SchemaGraph } from '../api/schema.d.ts'
import type { Mesh } from '../graph/layout/mesh.ts'
import { pictureKey } from './question.ts'
import type { Group } from './use-arrangement.ts'

export function meshOf({ nodes, edges, entry_points }: SchemaGraph, isByNamespace: boolean): Mesh {
  const namespaces = new Map<string, string>()
  if (isByNamespace)
    for (const { id, namespace } of nodes) if (namespace !== null) namespaces.set(id, namespace)
  return {
    nodes: nodes.map(({ id }) => id),
    // What else is known of them would only be copied to the worker.
    edges: edges.map(({ id, source, target }) => ({ id, source, target })),
    entries: entry_points,
    namespaces: isByNamespace ? namespaces : undefined,
  }
}

export type PictureName = readonly (string | number | null)[]

/** Names the picture: another name is another picture, with places of its own. */
export function pictureName(tenant: Tenant, question: GraphQuestion, group: Group): PictureName {
  return [tenant ?? null, ...pictureKey(question), group ?? null]
}

/** Under which the arrangement of a picture is kept. */
export function arrangementKey(picture: readonly unknown[]): string {
  return JSON.stringify(['arrangement', ...picture])
}
