// How much is drawn at a zoom: what could not be read is left out, which is also what makes a large mesh quick to draw.

import { type Camera, inView } from '../camera.ts'
import type { Box, Size } from '../geometry.ts'
import type { Palette } from '../palette.ts'

export type Detail =
  /** Blocks and hairlines. */
  | 'far'
  /** Shapes and names. */
  | 'middle'
  /** Everything. */
  | 'near'

const MIDDLE = 0.22
const NEAR = 0.62

/** How a picture is taken. */
export interface Shot {
  view: Size
  /** Pixels of the canvas per pixel of the page. */
  ratio: number
  camera: Camera
  palette: Palette
}

/** What drawing needs to know of it. */
export interface Look {
  palette: Palette
  detail: Detail
  zoom: number
  /** What of the drawing is in view. */
  box: Box
}

export function lookOf({ view, camera, palette }: Shot): Look {
  const { zoom } = camera
  const detail = zoom < MIDDLE ? 'far' : zoom < NEAR ? 'middle' : 'near'
  return { palette, detail, zoom, box: inView(camera, view) }
}
