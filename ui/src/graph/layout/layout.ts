// Lays a mesh out: by flow alone, or by namespace where namespaces are asked for.

import { flat } from './flat.ts'
import { grouped } from './grouped.ts'
import { type Arrangement, digraphOf, type Mesh } from './mesh.ts'

export function layout(mesh: Mesh): Arrangement {
  return mesh.namespaces === undefined ? flat(digraphOf(mesh), new Set(mesh.entries)) : grouped(mesh)
}
