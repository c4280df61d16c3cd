// The small map beside the drawing, while the mesh does not fit into it.

import { useEffect, useRef, useState } from 'react'
import { inView } from '../graph/camera.ts'
import type { Engine } from '../graph/engine.ts'
import { Minimap } from '../graph/minimap.ts'
import type { Scene } from '../graph/scene.ts'

interface Props {
  engine: Engine
}

export function MinimapView({ engine }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const [isNeeded, setNeeded] = useState(false)
  useEffect(
    () => engine.watch((scene, camera, view) => setNeeded(!isInside(scene, inView(camera, view, 1)))),
    [engine],
  )
  useEffect(() => {
    if (!isNeeded || canvas.current === null) return
    const map = new Minimap(canvas.current, engine)
    return () => map.destroy()
  }, [engine, isNeeded])
  // It says nothing that the drawing and the table do not.
  return isNeeded ? (
    <div className="graph__map" aria-hidden="true">
      <canvas ref={canvas} />
    </div>
  ) : null
}

function isInside({ bounds }: Scene, box: ReturnType<typeof inView>): boolean {
  if (bounds === null) return true
  return (
    bounds.left >= box.left &&
    bounds.right <= box.right &&
    bounds.top >= box.top &&
    bounds.bottom <= box.bottom
  )
}
