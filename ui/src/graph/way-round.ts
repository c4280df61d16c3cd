// A line that would run behind a card passes above or below it instead, wherever is nearer.

import type { Boxes } from './boxes.ts'
import type { Curve } from './curve.ts'
import { type Box, cardBox, contains, type Point } from './geometry.ts'

/** Between a line and the card that it passes. */
const CLEAR = 13
/** A line that is still behind a card then stays there. */
const TURNS_MAX = 6

/** `ends` are the places of the cards that the line belongs to. */
export function wayRound(
  lineOf: (way: readonly Point[]) => Curve,
  way: readonly Point[],
  cards: Boxes,
  ends: readonly [Point, Point],
): Curve {
  const [from, to] = ends
  let curve = lineOf(way)
  if (from.x === to.x && from.y === to.y) return curve
  const passed: Point[] = [...way]
  const seen = new Set<Box>()
  for (let turn = 0; turn < TURNS_MAX; turn += 1) {
    const met = firstMet(curve, cards, ends, seen)
    if (met === null) return curve
    seen.add(met.card)
    const isForwards = to.x > from.x
    const y = nearestFree(met.card, met.point.y, cards)
    const [first, last] = isForwards ? [met.card.left, met.card.right] : [met.card.right, met.card.left]
    insert(
      passed,
      [
        { x: first, y },
        { x: last, y },
      ],
      isForwards,
    )
    curve = lineOf(passed)
  }
  return curve
}

function firstMet(curve: Curve, cards: Boxes, [from, to]: readonly [Point, Point], seen: ReadonlySet<Box>) {
  const [own, other] = [cardBox(from, 1), cardBox(to, 1)]
  for (const point of curve.points) {
    if (contains(own, point) || contains(other, point)) continue
    const card = cards.at(point)
    if (card !== null && !seen.has(card)) return { point, card }
  }
  return null
}

/** The height nearest to `y` at which the card, and those stacked on it, are passed. */
function nearestFree(card: Box, y: number, cards: Boxes): number {
  const beyond = (sign: 1 | -1) => {
    let at = sign === 1 ? card.bottom : card.top
    for (;;) {
      const next = cards.touching({
        left: card.left - CLEAR,
        right: card.right + CLEAR,
        top: Math.min(at, at + sign * 2 * CLEAR),
        bottom: Math.max(at, at + sign * 2 * CLEAR),
      })
      const further =
        sign === 1 ? Math.max(...next.map(({ bottom }) => bottom)) : Math.min(...next.map(({ top }) => top))
      if (next.length === 0 || (sign === 1 ? further <= at : further >= at)) return at + sign * CLEAR
      at = further
    }
  }
  const [above, below] = [beyond(-1), beyond(1)]
  return Math.abs(above - y) <= Math.abs(below - y) ? above : below
}

/** Among what is passed already, in the order of the way. */
function insert(way: Point[], stretch: readonly [Point, Point], isForwards: boolean): void {
  const [{ x }] = stretch
  const at = way.findIndex(point => (isForwards ? point.x > x : point.x < x))
  way.splice(at === -1 ? way.length : at, 0, ...stretch)
}
