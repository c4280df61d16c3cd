// Lays a mesh out: by flow alone, or by namespace where namespaces are asked for.

import { flat } from './flat.ts'
import { grouped } from './grouped.ts'
import type { Arrangement, Mesh } from './mesh.ts'

export function layout(mesh: Mesh): Arrangement {
  return mesh.namespaces === undefined ? flat(mesh) : grouped(mesh)
}
