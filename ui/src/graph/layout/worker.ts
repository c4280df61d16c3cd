// Lays a mesh out beside the page, which stays quick meanwhile. The same file is a part of the page, which lays out small
// meshes itself, and the script of the worker: it is loaded once.

import { layout } from './layout.ts'
import type { Arrangement, Mesh } from './mesh.ts'
import { meshOfNobody } from './warm.ts'

// A worker's own scope, of which the page's types know nothing.
const scope = globalThis as unknown as {
  onmessage: ((message: MessageEvent<Mesh>) => void) | null
  postMessage: (answer: LaidOut) => void
}

/** Of the worker. */
export const SCRIPT = import.meta.url

/** An arrangement and how long it took, without the way to here and back. */
export interface LaidOut {
  arrangement: Arrangement
  ms: number
}

if ('WorkerGlobalScope' in globalThis) {
  scope.onmessage = ({ data }) => {
    const started = performance.now()
    const arrangement = layout(data)
    scope.postMessage({ arrangement, ms: performance.now() - started })
  }
  // A worker is started when a mesh is asked for, and has nothing to do until it is there.
  layout(meshOfNobody())
}
