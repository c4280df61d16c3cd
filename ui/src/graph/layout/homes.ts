// In whose box a node stands.

import type { Mesh } from './mesh.ts'

/**
 * A node of a namespace stands in that one's box. A database or a queue is in no namespace; where all that it has to do with
 * is in one, it stands there too, and else beside the boxes.
 */
export function homesOf(mesh: Mesh): Map<string, string> {
  const namespaces = mesh.namespaces ?? new Map<string, string>()
  const homes = new Map<string, string>()
  const around = new Map<string, Set<string>>()
  const meet = (id: string, other: string) => {
    const namespace = namespaces.get(other)
    if (namespaces.has(id) || namespace === undefined) return
    around.set(id, (around.get(id) ?? new Set()).add(namespace))
  }
  for (const { source, target } of mesh.edges) {
    meet(source, target)
    meet(target, source)
  }
  for (const id of mesh.nodes) {
    const [only, ...others] = around.get(id) ?? []
    const home = namespaces.get(id) ?? (others.length === 0 ? only : undefined)
    if (home !== undefined) homes.set(id, home)
  }
  return homes
}
