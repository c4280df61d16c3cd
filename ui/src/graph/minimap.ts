// The whole mesh, small, with a frame around what is in view; pulling the frame moves the view.

import { type Camera, inView } from './camera.ts'
import { HEALTH_COLOUR } from './draw/node.ts'
import type { Engine } from './engine.ts'
import { type Box, CARD, type Point, type Size } from './geometry.ts'
import { onThemeChange, type Palette, paletteOf } from './palette.ts'
import type { Scene } from './scene.ts'

const MARGIN = 6
/** So small that nodes are still to be seen. */
const NODE_PIXELS_MIN = 1.5

export class Minimap {
  private readonly canvas: HTMLCanvasElement
  private readonly engine: Engine
  /** The mesh without the frame, so that a move of the camera draws no node. */
  private readonly picture = document.createElement('canvas')
  private readonly stops: (() => void)[] = []
  private drawn: { scene: Scene; palette: Palette } | null = null
  private palette: Palette
  private last: { scene: Scene; camera: Camera; view: Size } | null = null

  /** The canvas has its size by its style. */
  constructor(canvas: HTMLCanvasElement, engine: Engine) {
    this.canvas = canvas
    this.engine = engine
    this.palette = paletteOf(canvas.parentElement ?? document.body)
    const stop = new AbortController()
    const look = (event: PointerEvent) => this.look(event)
    canvas.addEventListener(
      'pointerdown',
      event => {
        canvas.setPointerCapture(event.pointerId)
        look(event)
      },
      { signal: stop.signal },
    )
    canvas.addEventListener('pointermove', event => event.buttons === 1 && look(event), {
      signal: stop.signal,
    })
    this.stops.push(
      () => stop.abort(),
      engine.watch((scene, camera, view) => this.draw(scene, camera, view)),
      onThemeChange(() => {
        this.palette = paletteOf(canvas.parentElement ?? document.body)
        if (this.last !== null) this.draw(this.last.scene, this.last.camera, this.last.view)
      }),
    )
  }

  destroy(): void {
    for (const stop of this.stops) stop()
  }

  private look(event: PointerEvent): void {
    const bounds = this.last?.scene.bounds
    if (bounds == null) return
    const { left, top } = this.canvas.getBoundingClientRect()
    const { scale, corner } = this.fit(bounds)
    const point = {
      x: (event.clientX - left - corner.x) / scale,
      y: (event.clientY - top - corner.y) / scale,
    }
    this.engine.lookAt(point)
  }

  private draw(scene: Scene, camera: Camera, view: Size): void {
    this.last = { scene, camera, view }
    const context = this.canvas.getContext('2d')
    if (context === null || scene.bounds === null) return
    const ratio = globalThis.devicePixelRatio || 1
    const { clientWidth: width, clientHeight: height } = this.canvas
    if (width === 0) return
    if (
      this.canvas.width !== Math.round(width * ratio) ||
      this.drawn?.scene !== scene ||
      this.drawn.palette !== this.palette
    ) {
      for (const canvas of [this.canvas, this.picture]) {
        canvas.width = Math.round(width * ratio)
        canvas.height = Math.round(height * ratio)
      }
      this.drawPicture(scene, scene.bounds, ratio)
      this.drawn = { scene, palette: this.palette }
    }
    context.setTransform(1, 0, 0, 1, 0, 0)
    context.clearRect(0, 0, this.canvas.width, this.canvas.height)
    context.drawImage(this.picture, 0, 0)
    context.setTransform(ratio, 0, 0, ratio, 0, 0)
    const { scale, corner } = this.fit(scene.bounds)
    const box = inView(camera, view)
    context.strokeStyle = this.palette.accent
    context.lineWidth = 1.5
    context.strokeRect(
      box.left * scale + corner.x,
      box.top * scale + corner.y,
      (box.right - box.left) * scale,
      (box.bottom - box.top) * scale,
    )
  }

  private drawPicture({ nodes, groups }: Scene, bounds: Box, ratio: number): void {
    const context = this.picture.getContext('2d')
    if (context === null) return
    const { scale, corner } = this.fit(bounds)
    context.setTransform(ratio * scale, 0, 0, ratio * scale, corner.x * ratio, corner.y * ratio)
    context.strokeStyle = this.palette.line
    context.lineWidth = 0.7 / scale
    for (const { boxes } of groups)
      for (const { left, top, right, bottom } of boxes)
        context.strokeRect(left, top, right - left, bottom - top)
    const width = Math.max(CARD.width, NODE_PIXELS_MIN / scale)
    const height = Math.max(CARD.height, NODE_PIXELS_MIN / scale)
    for (const { place, health } of nodes) {
      context.fillStyle = health === 'healthy' ? this.palette.line : this.palette[HEALTH_COLOUR[health]]
      context.fillRect(place.x - width / 2, place.y - height / 2, width, height)
    }
  }

  /** From the drawing to the canvas. */
  private fit({ left, top, right, bottom }: Box): { scale: number; corner: Point } {
    const { clientWidth: width, clientHeight: height } = this.canvas
    const scale = Math.min(
      (width - 2 * MARGIN) / Math.max(1, right - left),
      (height - 2 * MARGIN) / Math.max(1, bottom - top),
    )
    return {
      scale,
      corner: { x: width / 2 - ((left + right) / 2) * scale, y: height / 2 - ((top + bottom) / 2) * scale },
    }
  }
}
