// Asks for a layout: a large one from a worker, a small one here, where it takes less time than the question would.

import { markOnce } from '../../ui/marks.ts'
import { layout } from './layout.ts'
import type { Arrangement, Mesh } from './mesh.ts'
import { type LaidOut, SCRIPT } from './worker.ts'

const LARGE = 150

/** Started before it is known whether it is needed: by then it would be too late. */
let idle: Worker | null = null

const newWorker = () => new Worker(SCRIPT, { type: 'module' })

/** Called when a mesh is about to come. */
export function prepareLayout(): void {
  if (idle === null && typeof Worker !== 'undefined') idle = newWorker()
}

/** A failure of it is one of the promise. */
const layoutHere = async (mesh: Mesh) => layout(mesh)

export async function askLayout(mesh: Mesh, signal: AbortSignal): Promise<Arrangement> {
  // Tests have no workers.
  if (mesh.nodes.length < LARGE || typeof Worker === 'undefined') return layout(mesh)
  return new Promise((resolve, reject) => {
    const worker = idle ?? newWorker()
    idle = null
    const stop = () => {
      worker.terminate()
      reject(new DOMException('the layout is not wanted any more', 'AbortError'))
    }
    signal.addEventListener('abort', stop)
    const finish = (arrangement: Arrangement | Promise<Arrangement>) => {
      signal.removeEventListener('abort', stop)
      worker.terminate()
      resolve(arrangement)
    }
    worker.onmessage = ({ data }: MessageEvent<LaidOut>) => {
      markOnce('topology-laid-out', { ms: data.ms })
      finish(data.arrangement)
    }
    // A browser that lets no worker start still shows the mesh, after a moment without an answer.
    worker.onerror = () => finish(layoutHere(mesh))
    worker.postMessage(mesh)
  })
}
