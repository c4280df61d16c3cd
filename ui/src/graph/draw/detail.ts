// How much is drawn at a zoom: what could not be read is left out, which is also what makes a large mesh quick to draw.

import { type Camera, inView } from '../camera.ts'
import type { Box, Size } from '../geometry.ts'
import type { Palette } from '../palette.ts'
import type { Scene } from '../scene.ts'

export type Detail =
  /** Blocks and hairlines. */
  | 'far'
  /** Shapes and names. */
  | 'middle'
  /** Everything. */
  | 'near'

const MIDDLE = 0.22
const NEAR = 0.62

/** Below it a large mesh is shown as its namespaces and what there is between them. */
const OVERVIEW = 0.3

/** Whether calls between namespaces are drawn as one line for each two of them. */
export function isOverview({ arcs }: Pick<Scene, 'arcs'>, zoom: number): boolean {
  return arcs.length > 0 && zoom < OVERVIEW
}

/** How a picture is taken. */
export interface Shot {
  view: Size
  /** Pixels of the canvas per pixel of the page. */
  ratio: number
  camera: Camera
  palette: Palette
  /** Whatever the zoom says. */
  detail?: Detail | undefined
}

export const LOOK_NEAR: Detail = 'near'

/** What drawing needs to know of it. */
export interface Look {
  palette: Palette
  detail: Detail
  zoom: number
  /** What of the drawing is in view. */
  box: Box
}

export function lookOf({ view, camera, palette, ...shot }: Shot): Look {
  const { zoom } = camera
  const detail = shot.detail ?? (zoom < MIDDLE ? 'far' : zoom < NEAR ? 'middle' : 'near')
  return { palette, detail, zoom, box: inView(camera, view) }
}
