// The line between two boxes: from the border of one to the border of the other, bowed a little, so that there and back are
// two lines.

import { type Curve, finished } from './curve.ts'
import type { Box, Point } from './geometry.ts'

/** How far it bows, as a part of its length. */
const BOW = 0.12

export function arcBetween(from: Box, to: Box): Curve {
  const [a, b] = [middleOf(from), middleOf(to)]
  const [dx, dy] = [b.x - a.x, b.y - a.y]
  const aside = { x: -dy * BOW, y: dx * BOW }
  const turn = { x: (a.x + b.x) / 2 + aside.x, y: (a.y + b.y) / 2 + aside.y }
  const [start, end] = [borderTowards(from, turn), borderTowards(to, turn)]
  // A quadratic curve as the cubic that it is.
  const lean = (point: Point): Point => ({
    x: point.x + ((turn.x - point.x) * 2) / 3,
    y: point.y + ((turn.y - point.y) * 2) / 3,
  })
  return finished(start, [{ first: lean(start), second: lean(end), end }])
}

const middleOf = ({ left, top, right, bottom }: Box): Point => ({
  x: (left + right) / 2,
  y: (top + bottom) / 2,
})

/** Where the line from the middle of a box towards a point leaves the box. */
function borderTowards(box: Box, { x, y }: Point): Point {
  const middle = middleOf(box)
  const [dx, dy] = [x - middle.x, y - middle.y]
  const part = Math.min(
    1,
    (box.right - box.left) / 2 / Math.max(1e-9, Math.abs(dx)),
    (box.bottom - box.top) / 2 / Math.max(1e-9, Math.abs(dy)),
  )
  return { x: middle.x + dx * part, y: middle.y + dy * part }
}
