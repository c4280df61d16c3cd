// A line that would run behind a card passes above or below it instead, wherever is nearer.

import type { Boxes } from './boxes.ts'
import { type Curve, pointsOf } from './curve.ts'
import { type Box, CARD, cardBox, contains, type Point } from './geometry.ts'

/** Between a line and the card that it passes. */
const CLEAR = 13
/** What a line needs to come in level. */
const PORT_ROOM = 30
/** A line that is still behind a card then stays there. */
const TURNS_MAX = 6

/** Of the cards that a line belongs to. */
type Ends = readonly [from: Point, to: Point]

/** `ends` are the places of the cards that the line belongs to. */
export function wayRound(
  lineOf: (way: readonly Point[]) => Curve,
  way: readonly Point[],
  cards: Boxes,
  ends: Ends,
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
    const y = nearestFree(met.card, towards(met, ends), cards, ends)
    insert(passed, stretch(met.card, y, ends), to.x > from.x)
    curve = lineOf(passed)
  }
  return curve
}

interface Met {
  point: Point
  card: Box
}

function firstMet(curve: Curve, cards: Boxes, [from, to]: Ends, seen: ReadonlySet<Box>): Met | null {
  const [own, other] = [cardBox(from, 1), cardBox(to, 1)]
  for (const point of pointsOf(curve)) {
    if (contains(own, point) || contains(other, point)) continue
    const card = cards.at(point)
    if (card !== null && !seen.has(card)) return { point, card }
  }
  return null
}

/** A card right above or below an end is passed on that side of it where the end is; others where it is nearer. */
function towards({ point, card }: Met, ends: Ends): number {
  const end = ends.find(({ x }) => x - CARD.width < card.right && x + CARD.width > card.left)
  return end?.y ?? point.y
}

/** Level past a card, and not further than to the end of the line. */
function stretch({ left, right }: Box, y: number, [from, to]: Ends): [Point, Point] {
  const isForwards = to.x > from.x
  const [first, last] = isForwards ? [left, right] : [right, left]
  const end = to.x - Math.sign(to.x - from.x) * (CARD.width / 2 + PORT_ROOM)
  const clipped = isForwards ? Math.max(first, Math.min(last, end)) : Math.min(first, Math.max(last, end))
  return [
    { x: first, y },
    { x: clipped, y },
  ]
}

/** The height nearest to `y` at which the card, and those stacked on it, are passed. */
function nearestFree(card: Box, y: number, cards: Boxes, [from, to]: Ends): number {
  const isEnd = (box: Box) => contains(box, from) || contains(box, to)
  const beyond = (sign: 1 | -1) => {
    let at = sign === 1 ? card.bottom : card.top
    for (;;) {
      const touched = cards.touching({
        left: card.left - CLEAR,
        right: card.right + CLEAR,
        top: Math.min(at, at + sign * 2 * CLEAR),
        bottom: Math.max(at, at + sign * 2 * CLEAR),
      })
      const next = touched.filter(box => !isEnd(box))
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
