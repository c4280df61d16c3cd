// From where the drawing is looked at. Pure: a camera is a point of the drawing in the middle of the view, and a zoom.

import { type Box, clamp, type Point, type Size } from './geometry.ts'

export interface Camera extends Point {
  zoom: number
}

export const ZOOM_MIN = 0.04
export const ZOOM_MAX = 2.5
/** A small mesh is not blown up. */
const FIT_ZOOM_MAX = 1.1
const FIT_MARGIN = 36

export function toScreen({ x, y, zoom }: Camera, view: Size, point: Point): Point {
  return { x: (point.x - x) * zoom + view.width / 2, y: (point.y - y) * zoom + view.height / 2 }
}

export function toDrawing({ x, y, zoom }: Camera, view: Size, point: Point): Point {
  return { x: (point.x - view.width / 2) / zoom + x, y: (point.y - view.height / 2) / zoom + y }
}

/** What of the drawing is in view, and as much around it as is said. */
export function inView({ x, y, zoom }: Camera, view: Size, margin = 0): Box {
  const [width, height] = [view.width / zoom / 2 + margin, view.height / zoom / 2 + margin]
  return { left: x - width, top: y - height, right: x + width, bottom: y + height }
}

/** All of it in view. */
export function fitted(bounds: Box, view: Size): Camera {
  const [width, height] = [bounds.right - bounds.left, bounds.bottom - bounds.top]
  const room = (size: number) => Math.max(1, size - 2 * FIT_MARGIN)
  const zoom = Math.min(room(view.width) / Math.max(1, width), room(view.height) / Math.max(1, height))
  return {
    x: (bounds.left + bounds.right) / 2,
    y: (bounds.top + bounds.bottom) / 2,
    zoom: clamp(zoom, ZOOM_MIN, FIT_ZOOM_MAX),
  }
}

/** Nearer or further, so that what is at a point of the view stays there. */
export function zoomedAt(camera: Camera, view: Size, point: Point, factor: number): Camera {
  const zoom = clamp(camera.zoom * factor, ZOOM_MIN, ZOOM_MAX)
  const fixed = toDrawing(camera, view, point)
  return {
    x: fixed.x - (point.x - view.width / 2) / zoom,
    y: fixed.y - (point.y - view.height / 2) / zoom,
    zoom,
  }
}

/** Moved by pixels of the view, as if the drawing were pulled. */
export function pulled({ x, y, zoom }: Camera, dx: number, dy: number): Camera {
  return { x: x - dx / zoom, y: y - dy / zoom, zoom }
}

/** Moved no further than it takes to have a box in view. */
export function revealing(camera: Camera, view: Size, box: Box): Camera {
  const margin = 24 / camera.zoom
  const seen = inView(camera, view)
  const shift = (low: number, high: number, from: number, to: number) =>
    low < from ? low - from : high > to ? Math.min(high - to, low - from) : 0
  return {
    ...camera,
    x: camera.x + shift(box.left - margin, box.right + margin, seen.left, seen.right),
    y: camera.y + shift(box.top - margin, box.bottom + margin, seen.top, seen.bottom),
  }
}

/** The same view of the top left corner after the view has another size: a panel that opens moves nothing. */
export function resized(camera: Camera, before: Size, now: Size): Camera {
  return {
    ...camera,
    x: camera.x + (now.width - before.width) / 2 / camera.zoom,
    y: camera.y + (now.height - before.height) / 2 / camera.zoom,
  }
}

/** `x,y,zoom` as it stands in a URL. */
export function writeCamera({ x, y, zoom }: Camera): string {
  return `${Math.round(x)},${Math.round(y)},${Number(zoom.toPrecision(3))}`
}

export function readCamera(text: string | undefined): Camera | null {
  const [x = Number.NaN, y = Number.NaN, zoom = Number.NaN, ...rest] = (text ?? '').split(',').map(Number)
  if (rest.length > 0 || ![x, y, zoom].every(Number.isFinite) || zoom <= 0) return null
  return { x, y, zoom: clamp(zoom, ZOOM_MIN, ZOOM_MAX) }
}
