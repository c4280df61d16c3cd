// Draws the scatter. Errors have another shape as well as another colour.

import type { Palette } from '../../graph/palette.ts'
import { formatDuration } from '../../ui/format.ts'
import { milliseconds, nsOfMs } from '../../ui/units.ts'
import { type Dot, durationTicks, MARGIN, type Scale, timeTicks } from './scale.ts'

const PIXELS_PER_TICK = 110
const FULL_TURN = 2 * Math.PI
const OPACITY = 0.62

export interface Picture {
  dots: readonly Dot[]
  scale: Scale
  palette: Palette
  /** The trace that is pointed at. */
  hovered: Dot | null
}

export function draw(canvas: HTMLCanvasElement, picture: Picture): void {
  const context = canvas.getContext('2d')
  if (context === null) return
  const { width, height } = picture.scale.size
  const ratio = globalThis.devicePixelRatio || 1
  canvas.width = Math.round(width * ratio)
  canvas.height = Math.round(height * ratio)
  context.setTransform(ratio, 0, 0, ratio, 0, 0)
  context.clearRect(0, 0, width, height)
  drawAxes(context, picture)
  drawDots(context, picture)
}

function drawAxes(context: CanvasRenderingContext2D, { scale, palette }: Picture): void {
  const { width, height } = scale.size
  context.font = `11px ${palette.sans}`
  context.fillStyle = palette.muted
  context.strokeStyle = palette.border
  context.lineWidth = 1
  context.textBaseline = 'middle'
  context.textAlign = 'right'
  for (const ms of durationTicks(scale.extent)) {
    const y = Math.round(scale.y(ms)) + 0.5
    line(context, MARGIN.left, y, width - MARGIN.right, y)
    context.fillText(tickText(ms), MARGIN.left - 6, y)
  }
  context.textAlign = 'center'
  const ticks = timeTicks(scale.extent, Math.floor(width / PIXELS_PER_TICK))
  const isFine = (ticks[1] ?? 0) - (ticks[0] ?? 0) < 60_000
  const isLong = scale.extent.end - scale.extent.start > 86_400_000
  for (const at of ticks) {
    const x = Math.round(scale.x(at)) + 0.5
    // A text that the edge cuts says something else.
    if (x > width - (isLong ? 36 : 26)) continue
    line(context, x, height - MARGIN.bottom, x, height - MARGIN.bottom + 3)
    context.fillText(clockText(at, isFine, isLong), x, height - 7)
  }
}

function tickText(ms: number): string {
  // Powers of ten need no digits behind the point.
  return formatDuration(nsOfMs(milliseconds(ms)))
    .replace('.00 ', ' ')
    .replace('.0 ', ' ')
}

function clockText(at: number, isFine: boolean, isLong: boolean): string {
  const two = (value: number) => String(value).padStart(2, '0')
  const date = new Date(at)
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}${isFine ? `:${two(date.getSeconds())}` : ''}`
  return isLong ? `${two(date.getMonth() + 1)}-${two(date.getDate())} ${clock}` : clock
}

function line(context: CanvasRenderingContext2D, x1: number, y1: number, x2: number, y2: number): void {
  context.beginPath()
  context.moveTo(x1, y1)
  context.lineTo(x2, y2)
  context.stroke()
}

function drawDots(context: CanvasRenderingContext2D, { dots, scale, palette, hovered }: Picture): void {
  // Errors over the others.
  const ordered = dots.toSorted((a, b) => Number(a.isError) - Number(b.isError))
  for (const dot of ordered) {
    context.globalAlpha = hovered === null || dot === hovered ? OPACITY : OPACITY * 0.6
    context.fillStyle = dot.isError ? palette.bad : palette.ok
    trace(context, dot, scale)
    context.fill()
  }
  context.globalAlpha = 1
  if (hovered === null) return
  context.fillStyle = hovered.isError ? palette.bad : palette.ok
  context.strokeStyle = palette.text
  context.lineWidth = 1.5
  trace(context, hovered, scale)
  context.fill()
  context.stroke()
}

/** A disc, or a diamond for a trace with errors. */
function trace(context: CanvasRenderingContext2D, { at, ms, radius, isError }: Dot, scale: Scale): void {
  const [x, y] = [scale.x(at), scale.y(ms)]
  context.beginPath()
  if (!isError) {
    context.arc(x, y, radius, 0, FULL_TURN)
    return
  }
  const reach = radius * 1.3
  context.moveTo(x, y - reach)
  context.lineTo(x + reach, y)
  context.lineTo(x, y + reach)
  context.lineTo(x - reach, y)
  context.closePath()
}
