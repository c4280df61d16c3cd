// Draws the picture of latencies on a canvas.

import { tickWords } from './axis.ts'
import type { ChartColour } from './colours.ts'
import {
  type Area,
  type DotTone,
  type Heat,
  type HeatDot,
  labelledRows,
  largestCount,
  type PlacedDot,
  strength,
  xOf,
} from './heat-scene.ts'
import type { Format, Frame } from './series.ts'
import { TICK_SPACE } from './sizes.ts'

export interface HeatPicture {
  heat: Heat
  frame: Frame
  area: Area
  dots: readonly PlacedDot<HeatDot>[]
  /** Id of the dot that is pointed at. */
  lit: string | null
  format: Format
  colours: Record<ChartColour, string>
}

const FONT = '11px Inter, system-ui, sans-serif'
const LABELS = 6
const RADIUS = 3

/** Distances between moments of the axis, in seconds: those that uPlot has, so that charts side by side have the same. */
const DISTANCES = [
  1, 5, 10, 15, 30, 60, 300, 600, 900, 1800, 3600, 7200, 10_800, 14_400, 21_600, 28_800, 43_200, 86_400,
  172_800, 259_200, 345_600, 432_000,
]

export function drawHeat(context: CanvasRenderingContext2D, picture: HeatPicture): void {
  drawCells(context, picture)
  drawRows(context, picture)
  drawMoments(context, picture)
  for (const dot of picture.dots) drawDot(context, dot, picture)
}

function drawCells(context: CanvasRenderingContext2D, { heat, area, colours }: HeatPicture): void {
  const largest = largestCount(heat)
  const [wide, high] = [area.width / heat.counts.length, area.height / heat.bounds.length]
  context.fillStyle = colours.accent
  heat.counts.forEach((column, step) => {
    column.forEach((count, row) => {
      if (count <= 0) return
      context.globalAlpha = strength(count, largest)
      const top = area.top + area.height - (row + 1) * high
      context.fillRect(
        area.left + step * wide,
        top + 0.5,
        Math.max(1, wide - (wide > 4 ? 1 : 0)),
        Math.max(1, high - 1),
      )
    })
  })
  context.globalAlpha = 1
}

function drawRows(context: CanvasRenderingContext2D, { heat, area, format, colours }: HeatPicture): void {
  const high = area.height / heat.bounds.length
  Object.assign(context, { font: FONT, textAlign: 'right', textBaseline: 'middle' })
  for (const row of labelledRows(heat.bounds.length, LABELS)) {
    const y = area.top + area.height - (row + 1) * high
    context.fillStyle = colours.grid
    context.fillRect(area.left, Math.round(y), area.width, 1)
    context.fillStyle = colours.muted
    context.fillText(format(heat.bounds[row] ?? null), area.left - 6, Math.max(area.top + 5, y))
  }
}

/** The same moments as a chart beside it would choose: round ones of the local time. */
export function momentsOf({ start, end }: Frame, width: number): { moments: number[]; distance: number } {
  const length = end - start
  const distance = DISTANCES.find(seconds => (width * seconds) / length >= TICK_SPACE) ?? length
  const zone = new Date(start * 1000).getTimezoneOffset() * 60
  const first = Math.ceil((start - zone) / distance) * distance + zone
  const count = Math.max(0, Math.floor((end - first) / distance) + 1)
  return { moments: Array.from({ length: count }, (_, place) => first + place * distance), distance }
}

function drawMoments(context: CanvasRenderingContext2D, { frame, area, colours }: HeatPicture): void {
  const { moments, distance } = momentsOf(frame, area.width)
  Object.assign(context, { font: FONT, textAlign: 'center', textBaseline: 'top', fillStyle: colours.muted })
  for (const moment of moments) {
    context.fillText(tickWords(moment, distance), xOf(frame, moment, area), area.top + area.height + 6)
  }
}

const DOT_COLOURS: Record<DotTone, ChartColour> = { ok: 'text', aside: 'warn', bad: 'bad' }

/** A circle, a triangle, a diamond: the shapes that states have everywhere. */
function drawDot(
  context: CanvasRenderingContext2D,
  { dot, x, y }: PlacedDot<HeatDot>,
  { lit, colours }: HeatPicture,
): void {
  const radius = dot.id === lit ? RADIUS + 2 : RADIUS
  context.beginPath()
  if (dot.tone === 'ok') context.arc(x, y, radius - 0.5, 0, 2 * Math.PI)
  else {
    const points = dot.tone === 'bad' ? DIAMOND : TRIANGLE
    points.forEach(([dx, dy], place) => {
      const at = [x + dx * (radius + 1), y + dy * (radius + 1)] as const
      if (place === 0) context.moveTo(...at)
      else context.lineTo(...at)
    })
    context.closePath()
  }
  Object.assign(context, {
    fillStyle: colours[DOT_COLOURS[dot.tone]],
    strokeStyle: colours.page,
    lineWidth: 1.5,
  })
  context.stroke()
  context.fill()
}

const DIAMOND = [
  [0, -1],
  [1, 0],
  [0, 1],
  [-1, 0],
] as const
const TRIANGLE = [
  [0, -1],
  [1, 0.8],
  [-1, 0.8],
] as const
