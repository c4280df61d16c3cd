// All spans of a trace in a strip: time from left to right, rows from top to bottom, errors as marks on the lower edge, the
// critical path as a line of ink in a halo of paper.

import type { Surface } from './canvas.ts'
import { at, isError, type Trace } from './columns.ts'
import type { Reading } from './reading.ts'

/** Of the lower edge, where errors are marked. */
export const ERRORS_HEIGHT = 9
const TOP = 2
const ROW_MAX = 4

export function drawMinimap(surface: Surface, reading: Reading): void {
  const { width, height } = surface
  const rows = visibleRows(reading)
  const length = reading.trace.length
  if (length <= 0 || rows.length === 0) return
  const room = height - ERRORS_HEIGHT - TOP
  const rowHeight = Math.min(ROW_MAX, room / rows.length)
  const yOf = (line: number) => TOP + line * rowHeight
  const xOf = (time: number) => (time / length) * width
  drawSpans(surface, reading, rows, yOf, xOf, Math.max(1, rowHeight - (rowHeight > 2 ? 1 : 0)))
  drawErrors(surface, reading, rows, xOf)
  drawPath(surface, reading, rows, yOf, xOf)
}

function visibleRows({ trace, sight: { hidden } }: Reading): number[] {
  const rows: number[] = []
  for (let row = 0; row < trace.rowCount; row++) if (hidden?.[row] !== 1) rows.push(row)
  return rows
}

type At = (value: number) => number

function drawSpans(
  { context, width, height, resolve }: Surface,
  { trace, sight, colouring }: Reading,
  rows: readonly number[],
  yOf: At,
  xOf: At,
  thickness: number,
): void {
  // Of a hundred thousand spans most lie on pixels that others have filled.
  const filled = new Uint8Array(Math.ceil(width + 1) * Math.ceil(height + 1))
  rows.forEach((row, line) => {
    const [x, y] = [xOf(at(trace.start, row)), yOf(line)]
    const size = Math.max(1, xOf(at(trace.duration, row)))
    if (size < 2) {
      const pixel = Math.floor(y) * Math.ceil(width + 1) + Math.floor(x)
      if (filled[pixel] === 1) return
      filled[pixel] = 1
    }
    context.globalAlpha = sight.dimmed?.[row] === 1 ? 0.35 : 1
    context.fillStyle = resolve(colouring(row))
    context.fillRect(x, y, size, thickness)
  })
  context.globalAlpha = 1
}

/** One for a few pixels: what matters is where to look. */
function drawErrors(
  { context, height, palette }: Surface,
  { trace }: Reading,
  rows: readonly number[],
  xOf: At,
): void {
  const isMarked = new Set<number>()
  context.fillStyle = palette.bad
  for (const row of rows) {
    if (!isError(trace, row)) continue
    const x = Math.round(xOf(middleOf(trace, row)) / 4) * 4
    if (isMarked.has(x)) continue
    isMarked.add(x)
    const y = height - ERRORS_HEIGHT / 2
    context.beginPath()
    context.moveTo(x, y - 4)
    context.lineTo(x + 4, y)
    context.lineTo(x, y + 4)
    context.lineTo(x - 4, y)
    context.fill()
  }
}

const middleOf = ({ start, duration }: Trace, row: number) => at(start, row) + at(duration, row) / 2

function drawPath(
  { context, palette }: Surface,
  { drawn }: Reading,
  rows: readonly number[],
  yOf: At,
  xOf: At,
): void {
  if (drawn === null) return
  const stretches = rows.flatMap((row, line) =>
    (drawn.parts.get(row) ?? []).map(({ start, duration }) => ({
      x: xOf(start),
      size: Math.max(1, xOf(duration)),
      y: yOf(line),
    })),
  )
  context.fillStyle = palette.page
  for (const { x, y, size } of stretches) context.fillRect(x - 1, y - 1, size + 2, 4)
  context.fillStyle = palette.text
  for (const { x, y, size } of stretches) context.fillRect(x, y, size, 2)
}
