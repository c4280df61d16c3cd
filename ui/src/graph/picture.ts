// A picture of the whole mesh for a file: as large as it reads best, and no larger than what other programs open.

import { LOOK_NEAR } from './draw/detail.ts'
import { drawScene } from './draw/scene.ts'
import type { Label } from './edge-words.ts'
import type { Size } from './geometry.ts'
import type { Palette } from './palette.ts'
import type { Scene } from './scene.ts'

const MARGIN = 40
const RATIO = 2
const SIDE_MAX = 8192

/** Null where there is nothing to draw, or the browser draws nothing. */
export async function pictureOf(scene: Scene, palette: Palette, label: Label): Promise<Blob | null> {
  const { bounds } = scene
  if (bounds === null) return null
  const whole: Size = {
    width: bounds.right - bounds.left + 2 * MARGIN,
    height: bounds.bottom - bounds.top + 2 * MARGIN,
  }
  const zoom = Math.min(1, SIDE_MAX / RATIO / Math.max(whole.width, whole.height))
  const view: Size = { width: whole.width * zoom, height: whole.height * zoom }
  const canvas = document.createElement('canvas')
  canvas.width = Math.round(view.width * RATIO)
  canvas.height = Math.round(view.height * RATIO)
  const context = canvas.getContext('2d')
  if (context === null) return null
  const camera = { x: (bounds.left + bounds.right) / 2, y: (bounds.top + bounds.bottom) / 2, zoom }
  // A file can be looked at from nearer than a screen.
  drawScene(
    context,
    { view, ratio: RATIO, camera, palette, detail: zoom > 0.3 ? LOOK_NEAR : undefined },
    scene,
    label,
  )
  return new Promise(resolve => canvas.toBlob(resolve, 'image/png'))
}

/** Gives a file to the browser, as if it were downloaded. */
export function save(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  URL.revokeObjectURL(url)
}
