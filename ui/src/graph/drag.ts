// A node on its way to where somebody puts it.

import type { Point } from './geometry.ts'
import { nodeAt } from './hit.ts'
import type { Scene } from './scene.ts'

export interface Drag {
  id: string
  place: Point
  /** From where it was touched to its middle. */
  offset: Point
}

/** Null where no node is touched. */
export function dragFrom(scene: Scene | null, touched: Point): Drag | null {
  const node = scene === null ? null : nodeAt(scene, touched)
  if (node === null) return null
  const { id, place } = node
  return { id, place, offset: { x: place.x - touched.x, y: place.y - touched.y } }
}

export function draggedTo({ id, offset }: Drag, { x, y }: Point): Drag {
  return { id, offset, place: { x: x + offset.x, y: y + offset.y } }
}
