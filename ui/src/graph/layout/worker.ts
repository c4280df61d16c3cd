// Lays a mesh out beside the page, which stays quick meanwhile.

import { layout } from './layout.ts'
import type { Mesh } from './mesh.ts'

// A worker's own scope, of which the page's types know nothing.
const scope = globalThis as unknown as {
  onmessage: ((message: MessageEvent<Mesh>) => void) | null
  postMessage: (arrangement: ReturnType<typeof layout>) => void
}

scope.onmessage = ({ data }) => scope.postMessage(layout(data))
