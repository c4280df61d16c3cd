// All spans of a trace in a strip: time from left to right, rows from top to bottom, errors as marks on the lower edge, the
// critical path as a line of ink in a halo of paper.

import type { Surface } from './canvas.ts'
import type { Reading } from './reading.ts'
import type { Span } from './span.ts'

/** Of the lower edge, where errors are marked. */
export const ERRORS_HEIGHT = 9
const TOP = 2
const ROW_MAX = 4

export function drawMinimap(surface: Surface, reading: Reading): void {
  const { width, height } = surface
  const places = visiblePlaces(reading)
  const length = reading.trace.duration
  if (length <= 0 || places.length === 0) return
  const room = height - ERRORS_HEIGHT - TOP
  const rowHeight = Math.min(ROW_MAX, room / places.length)
  const rowOf = (row: number) => TOP + row * rowHeight
  const xOf = (time: number) => (time / length) * width
  drawSpans(surface, reading, places, rowOf, xOf, Math.max(1, rowHeight - (rowHeight > 2 ? 1 : 0)))
  drawErrors(surface, reading, places, xOf)
  drawPath(surface, reading, places, rowOf, xOf)
}

function visiblePlaces({ tree, sight: { hidden } }: Reading): number[] {
  const places: number[] = []
  for (let place = 0; place < tree.nodes.length; place++) if (hidden?.[place] !== 1) places.push(place)
  return places
}

type At = (value: number) => number

function drawSpans(
  { context, width, height, resolve }: Surface,
  { tree, sight, colouring }: Reading,
  places: readonly number[],
  rowOf: At,
  xOf: At,
  thickness: number,
): void {
  // Of a hundred thousand spans most lie on pixels that others have filled.
  const filled = new Uint8Array(Math.ceil(width + 1) * Math.ceil(height + 1))
  places.forEach((place, row) => {
    const span = tree.nodes[place]?.span
    if (span === undefined) return
    const [x, y] = [xOf(span.start), rowOf(row)]
    const size = Math.max(1, xOf(span.duration))
    if (size < 2) {
      const pixel = Math.floor(y) * Math.ceil(width + 1) + Math.floor(x)
      if (filled[pixel] === 1) return
      filled[pixel] = 1
    }
    context.globalAlpha = sight.dimmed?.[place] === 1 ? 0.35 : 1
    context.fillStyle = resolve(colouring(span))
    context.fillRect(x, y, size, thickness)
  })
  context.globalAlpha = 1
}

/** One for a few pixels: what matters is where to look. */
function drawErrors(
  { context, height, palette }: Surface,
  { tree }: Reading,
  places: readonly number[],
  xOf: At,
): void {
  const isMarked = new Set<number>()
  context.fillStyle = palette.bad
  for (const place of places) {
    const span = tree.nodes[place]?.span
    if (span?.status !== 'error') continue
    const x = Math.round(xOf(middleOf(span)) / 4) * 4
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

const middleOf = (span: Span) => span.start + span.duration / 2

function drawPath(
  { context, palette }: Surface,
  { drawn }: Reading,
  places: readonly number[],
  rowOf: At,
  xOf: At,
): void {
  if (drawn === null) return
  const stretches = places.flatMap((place, row) =>
    (drawn.parts.get(place) ?? []).map(({ start, duration }) => ({
      x: xOf(start),
      size: Math.max(1, xOf(duration)),
      y: rowOf(row),
    })),
  )
  context.fillStyle = palette.page
  for (const { x, y, size } of stretches) context.fillRect(x - 1, y - 1, size + 2, 4)
  context.fillStyle = palette.text
  for (const { x, y, size } of stretches) context.fillRect(x, y, size, 2)
}
