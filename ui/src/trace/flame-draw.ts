// Draws the lanes of a flame graph that are in sight.

import type { Surface } from './canvas.ts'
import { at, endOf, type Trace } from './columns.ts'
import type { Part } from './critical.ts'
import type { Lanes } from './flame-lanes.ts'
import type { Reading } from './reading.ts'
import { spanAt } from './span.ts'
import { lengthOf, type Window } from './window.ts'

export const LANE_HEIGHT = 22
/** Room above the first lane, for the times. */
export const FLAME_TOP = 24
const GAP = 1
/** Narrower spans have no label. */
const LABEL_MIN = 34
const LETTER = 6.1
const FAINT = 0.28

export interface FlamePicture {
  reading: Reading
  lanes: Lanes
  window: Window
  /** Pixels that are scrolled away above. */
  scrolled: number
  selected: number | undefined
  hovered: number | undefined
}

export function drawFlame(surface: Surface, picture: FlamePicture): void {
  const { context, width, height, palette } = surface
  const { lanes, scrolled } = picture
  context.font = `11px ${palette.sans}`
  context.textBaseline = 'middle'
  const first = Math.max(0, Math.floor((scrolled - FLAME_TOP) / LANE_HEIGHT))
  const last = Math.min(lanes.lanes.length, Math.ceil((scrolled + height - FLAME_TOP) / LANE_HEIGHT))
  for (let lane = first; lane < last; lane++) {
    const y = FLAME_TOP + lane * LANE_HEIGHT - scrolled
    drawLane(surface, picture, lanes.lanes[lane] ?? [], y, width)
  }
}

/** Where a span is, in pixels. */
export function xOf(time: number, window: Window, width: number): number {
  const length = lengthOf(window)
  return length > 0 ? ((time - window.from) / length) * width : 0
}

function drawLane(
  surface: Surface,
  picture: FlamePicture,
  rows: readonly number[],
  y: number,
  width: number,
): void {
  const { window, reading } = picture
  const { trace } = reading
  let right = -1
  for (let place = firstEndingAfter(trace, rows, window.from); place < rows.length; place++) {
    const row = rows[place] ?? 0
    const start = at(trace.start, row)
    if (start > window.to) break
    const from = Math.max(-2, xOf(start, window, width))
    const to = Math.min(width + 2, xOf(endOf(trace, row), window, width))
    // Of those that share a pixel one is enough.
    if (to < right + 0.5 && row !== picture.selected) continue
    right = Math.max(right, Math.max(to, from + 1))
    drawSpan(surface, picture, row, { x: from, y, width: Math.max(1, to - from - GAP) })
  }
}

/** Spans of a lane do not overlap: they end in the order in which they start. */
export function firstEndingAfter(trace: Trace, rows: readonly number[], moment: number): number {
  let [low, high] = [0, rows.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (endOf(trace, rows[middle] ?? 0) < moment) low = middle + 1
    else high = middle
  }
  return low
}

interface Box {
  x: number
  y: number
  width: number
}

function drawSpan(surface: Surface, picture: FlamePicture, row: number, box: Box): void {
  const { context, palette, resolve } = surface
  const { reading, selected, hovered } = picture
  const span = spanAt(reading.trace, row)
  const isFaint = (reading.found !== null && reading.found[row] !== 1) || reading.sight.dimmed?.[row] === 1
  const colour = resolve(reading.colouring(row))
  const height = LANE_HEIGHT - GAP
  const parts = reading.drawn?.parts.get(row)
  context.globalAlpha = isFaint ? FAINT : 1
  context.fillStyle = colour
  context.fillRect(box.x, box.y, box.width, height)
  context.globalAlpha = 1
  const ink = isFaint ? palette.text : inkOn(colour)
  const isError = span.status === 'error'
  if (isError) drawError(surface, box, height, ink)
  if (box.width >= LABEL_MIN) {
    context.fillStyle = ink
    // The path lies below the words.
    drawLabel(context, labelOf(span, box.width), box, parts === undefined ? height : height - 5, isError)
  }
  if (parts !== undefined) drawParts(surface, picture.window, parts, box.y + height - 4)
  if (row === selected || row === hovered) frame(surface, box, height, row === selected ? 2.5 : 1.5)
}

/** Ink in a halo of paper, which reads on every colour. */
function frame({ context, palette }: Surface, { x, y, width }: Box, height: number, line: number): void {
  for (const [colour, inset, thickness] of [
    [palette.page, line, line + 2],
    [palette.text, line / 2, line],
  ] as const) {
    context.strokeStyle = colour
    context.lineWidth = thickness
    context.strokeRect(x + inset, y + inset, Math.max(1, width - 2 * inset), height - 2 * inset)
  }
}

/** An edge of its own colour, and a mark where there is room for one. */
function drawError({ context, palette }: Surface, { x, y, width }: Box, height: number, ink: string): void {
  context.fillStyle = palette.bad
  context.fillRect(x, y, width, 3)
  if (width < 14) return
  const [cx, cy] = [Math.max(x, 0) + 8, y + height / 2 + 1]
  context.fillStyle = ink
  context.beginPath()
  context.moveTo(cx, cy - 4)
  context.lineTo(cx + 4, cy)
  context.lineTo(cx, cy + 4)
  context.lineTo(cx - 4, cy)
  context.fill()
}

function labelOf({ service, name }: { service: string | null; name: string }, width: number): string {
  return width > 150 ? `${service ?? 'unnamed'} ${name}` : name
}

function drawLabel(
  context: CanvasRenderingContext2D,
  label: string,
  { x, y, width }: Box,
  height: number,
  isError: boolean,
): void {
  const left = Math.max(x, 0) + (isError ? 16 : 5)
  const letters = Math.floor((x + width - left - 3) / LETTER)
  if (letters < 3) return
  const text = label.length > letters ? `${label.slice(0, letters - 1)}…` : label
  context.fillText(text, left, y + height / 2 + 1)
}

function drawParts({ context, palette, width }: Surface, window: Window, parts: readonly Part[], y: number) {
  for (const { start, duration } of parts) {
    const from = Math.max(-2, xOf(start, window, width))
    const size = Math.max(1, Math.min(width + 2, xOf(start + duration, window, width)) - from)
    if (from > width || from + size < 0) continue
    context.fillStyle = palette.page
    context.fillRect(from - 1, y - 1, size + 2, 5)
    context.fillStyle = palette.text
    context.fillRect(from, y, size, 3)
  }
}

/** Black or white, whichever reads on a colour such as `rgb(1, 2, 3)`. */
export function inkOn(colour: string): '#000000' | '#ffffff' {
  const [r = 0, g = 0, b = 0] = (colour.match(/[\d.]+/g) ?? []).map(Number)
  const linear = (part: number) => {
    const value = part / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  }
  const luminance = 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
  // Where both have the same contrast.
  return luminance > 0.179 ? '#000000' : '#ffffff'
}
