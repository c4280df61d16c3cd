// The two canvases and what is painted on them: larger than the view, so that a pull moves the finished picture and a zoom
// stretches it, which costs nothing however large the mesh is.

import type { Camera } from './camera.ts'
import type { Shot } from './draw/detail.ts'
import type { Size } from './geometry.ts'
import { type Palette, paletteOf } from './palette.ts'

/** Painted on each side beyond the view, as a part of it. */
const MARGIN = 0.25
const MAX_RATIO = 2
/** While it is zoomed a picture may leave the rim of the view empty, as long as it fills this part. */
const STRETCH_MIN = 0.4

type Draw = (context: CanvasRenderingContext2D, shot: Shot) => void

export class Paper {
  private readonly host: HTMLElement
  private readonly stage = document.createElement('div')
  private readonly mesh = document.createElement('canvas')
  private readonly marks = document.createElement('canvas')
  private view: Size = { width: 0, height: 0 }
  private palette: Palette
  /** From where the picture was painted; null before the first. */
  private painted: Camera | null = null
  private isClear = true

  constructor(host: HTMLElement) {
    this.host = host
    this.stage.className = 'graph__stage'
    for (const canvas of [this.mesh, this.marks]) {
      canvas.className = 'graph__layer'
      this.stage.append(canvas)
    }
    host.prepend(this.stage)
    this.palette = paletteOf(host)
  }

  remove(): void {
    this.stage.remove()
  }

  get colours(): Palette {
    return this.palette
  }

  readColours(): void {
    this.palette = paletteOf(this.host)
  }

  resize(view: Size): void {
    this.view = view
  }

  /** Paints all of it as the camera sees it; `rev` is for who waits for it. */
  paintMesh(camera: Camera, rev: string, draw: Draw): void {
    this.painted = camera
    this.paint(this.mesh, camera, draw)
    this.mesh.dataset['painted'] = rev
  }

  /** Paints the upper layer, from where the lower one was painted; null leaves it clear. */
  paintMarks(draw: Draw | null): void {
    // Millions of pixels that nobody painted would be sent to the screen with every change.
    if (draw === null && this.isClear) return
    if (this.painted !== null) this.paint(this.marks, this.painted, draw ?? clear)
    this.isClear = draw === null
  }

  private paint(canvas: HTMLCanvasElement, camera: Camera, draw: Draw): void {
    const { width, height } = this.paper
    const ratio = Math.min(MAX_RATIO, globalThis.devicePixelRatio || 1)
    const [across, down] = [Math.round(width * ratio), Math.round(height * ratio)]
    if (canvas.width !== across || canvas.height !== down) {
      canvas.width = across
      canvas.height = down
      Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` })
    }
    const context = canvas.getContext('2d')
    if (context !== null) draw(context, { view: this.paper, ratio, camera, palette: this.palette })
  }

  private get paper(): Size {
    const { width, height } = this.view
    return { width: width * (1 + 2 * MARGIN), height: height * (1 + 2 * MARGIN) }
  }

  /** Whether what is painted will do for what the camera sees until it rests. */
  covers(camera: Camera): boolean {
    if (this.painted === null) return false
    const { dx, dy, scale } = shiftBetween(this.painted, camera)
    if (scale !== 1) return scale * (1 + 2 * MARGIN) > STRETCH_MIN
    const isInside = (shift: number, size: number) => Math.abs(shift) <= size * MARGIN
    return isInside(dx, this.view.width) && isInside(dy, this.view.height)
  }

  /** Moves what is painted to where the camera sees it. */
  place(camera: Camera): void {
    const { width, height } = this.view
    const { dx, dy, scale } = shiftBetween(this.painted ?? camera, camera)
    Object.assign(this.stage.style, {
      left: `${-width * MARGIN}px`,
      top: `${-height * MARGIN}px`,
      width: `${this.paper.width}px`,
      height: `${this.paper.height}px`,
      transform: `translate(${dx}px, ${dy}px) scale(${scale})`,
    })
  }
}

function clear(context: CanvasRenderingContext2D): void {
  context.setTransform(1, 0, 0, 1, 0, 0)
  context.clearRect(0, 0, context.canvas.width, context.canvas.height)
}

/** From a painted picture to what the camera sees now. */
function shiftBetween(painted: Camera, { x, y, zoom }: Camera): { dx: number; dy: number; scale: number } {
  return { dx: (painted.x - x) * zoom, dy: (painted.y - y) * zoom, scale: zoom / painted.zoom }
}
