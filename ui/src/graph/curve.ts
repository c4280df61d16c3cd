// The line of a call: level out of the side of its source, past whatever stands between, level into the side of its target.
// It depends on the two and on its way alone, so that no other call can move it.

import type { SchemaKind } from '../api/schema.d.ts'
import { type Box, CARD, clamp, type Point } from './geometry.ts'
import { insetAt } from './shape.ts'

/** A cubic from the end of the one before. */
export interface Bend {
  first: Point
  second: Point
  end: Point
}

export interface Curve {
  start: Point
  bends: readonly Bend[]
  box: Box
}

export interface End {
  place: Point
  kind: SchemaKind
}

const HALF_WIDTH = CARD.width / 2
/** Lines leave a card this near to its corners, not nearer. */
const PORT_MAX = CARD.height / 2 - 10
/** How much the height of the other end counts. */
const PORT_SLOPE = 34
/** There and back are not one line, nor are two protocols. */
const PORT_BACK = 7
const LANE = 9
/** How far lines are level at the least. */
const LEVEL_MIN = 28
/** How far a call between cards that stand above one another goes aside. */
const ASIDE = 56
const STEPS = 12

/** `lane` counts calls between the same two, in the same direction. */
export function curveOf(source: End, target: End, way: readonly Point[], lane: number): Curve {
  const { place: from } = source
  const { place: to } = target
  if (from.x === to.x && from.y === to.y) return loop(from, lane)
  if (way.length === 0 && Math.abs(to.x - from.x) < CARD.width) return aside(source, target, lane)
  const isBack = to.x < from.x
  const offset = laneOffset(lane) + (isBack ? PORT_BACK : 0)
  const start = port(source, way[0] ?? to, isBack ? -1 : 1, offset)
  return through(start, [...way, port(target, way.at(-1) ?? from, isBack ? 1 : -1, offset)])
}

/** Where a line touches a card: on its side towards the other end, higher or lower as that is. */
function port({ place, kind }: End, towards: Point, side: 1 | -1, offset: number): Point {
  const slope = (towards.y - place.y) / Math.max(1, Math.abs(towards.x - place.x))
  const dy = clamp(slope * PORT_SLOPE + offset, -PORT_MAX, PORT_MAX)
  return { x: place.x + side * (HALF_WIDTH - insetAt(kind, dy)), y: place.y + dy }
}

/** 0, 9, -9, 18 … */
function laneOffset(lane: number): number {
  return lane === 0 ? 0 : (lane % 2 === 1 ? 1 : -1) * Math.ceil(lane / 2) * LANE
}

function through(start: Point, stops: readonly Point[]): Curve {
  const bends: Bend[] = []
  let from = start
  for (const end of stops) {
    const level = Math.max(LEVEL_MIN, Math.abs(end.x - from.x) / 2) * Math.sign(end.x - from.x)
    bends.push({ first: { x: from.x + level, y: from.y }, second: { x: end.x - level, y: end.y }, end })
    from = end
  }
  return finished(start, bends)
}

/** Out of the right side and into the right side. */
function aside(source: End, target: End, lane: number): Curve {
  const down = Math.sign(target.place.y - source.place.y)
  const [out, into] = [down * PORT_MAX * 0.5, -down * PORT_MAX * 0.5]
  const start = { x: source.place.x + HALF_WIDTH - insetAt(source.kind, out), y: source.place.y + out }
  const end = { x: target.place.x + HALF_WIDTH - insetAt(target.kind, into), y: target.place.y + into }
  const far = Math.max(start.x, end.x) + ASIDE + lane * LANE
  return finished(start, [{ first: { x: far, y: start.y }, second: { x: far, y: end.y }, end }])
}

/** A call of a node to itself: over its right corner. */
function loop({ x, y }: Point, lane: number): Curve {
  const size = 34 + lane * LANE
  const start = { x: x + HALF_WIDTH - 30, y: y - CARD.height / 2 }
  const end = { x: x + HALF_WIDTH, y: y - 12 }
  const corner = { x: x + HALF_WIDTH + size, y: y - CARD.height / 2 - size }
  return finished(start, [{ first: { x: start.x, y: corner.y }, second: { x: corner.x, y: end.y }, end }])
}

export function finished(start: Point, bends: readonly Bend[]): Curve {
  const box = { left: start.x, top: start.y, right: start.x, bottom: start.y }
  let from = start
  for (const bend of bends) {
    widen(box, from, bend)
    from = bend.end
  }
  return { start, bends, box }
}

/** Makes a box as large as all points of a bend need. */
function widen(box: Box, from: Point, bend: Bend): void {
  const { first, second, end } = bend
  const steps = stepsOf(from, bend)
  // Thousands of lines are drawn at once: a point that is looked at once is not worth an object.
  for (let step = 1; step <= steps; step += 1) {
    const t = step / steps
    const x = cubicAt(from.x, first.x, second.x, end.x, t)
    const y = cubicAt(from.y, first.y, second.y, end.y, t)
    if (x < box.left) box.left = x
    if (x > box.right) box.right = x
    if (y < box.top) box.top = y
    if (y > box.bottom) box.bottom = y
  }
}

/** A level stretch needs no points between its ends. */
const stepsOf = (from: Point, { end }: Bend) => (end.y === from.y ? 2 : STEPS)

function cubicAt(from: number, first: number, second: number, end: number, t: number): number {
  const u = 1 - t
  return u * u * u * from + 3 * u * u * t * first + 3 * u * t * t * second + t * t * t * end
}

const known = new WeakMap<Curve, readonly Point[]>()

/** Points along a line, for finding it and for labels: of most lines nobody asks. */
export function pointsOf(curve: Curve): readonly Point[] {
  const found = known.get(curve)
  if (found !== undefined) return found
  const points = [curve.start]
  let from = curve.start
  for (const bend of curve.bends) {
    const { first, second, end } = bend
    const steps = stepsOf(from, bend)
    for (let step = 1; step <= steps; step += 1) {
      const t = step / steps
      points.push({
        x: cubicAt(from.x, first.x, second.x, end.x, t),
        y: cubicAt(from.y, first.y, second.y, end.y, t),
      })
    }
    from = end
  }
  known.set(curve, points)
  return points
}

/** The point at a part of the length, 0 to 1. */
export function pointAlong(curve: Curve, part: number): Point {
  const points = pointsOf(curve)
  const lengths = points.slice(1).map((point, at) => distance(points[at] ?? point, point))
  let left = lengths.reduce((sum, length) => sum + length, 0) * part
  for (const [at, length] of lengths.entries()) {
    const [a, b] = [points[at], points[at + 1]]
    if (a === undefined || b === undefined) break
    if (left <= length) {
      const t = length === 0 ? 0 : left / length
      return { x: a.x + (b.x - a.x) * t, y: a.y + (b.y - a.y) * t }
    }
    left -= length
  }
  return points.at(-1) ?? curve.start
}

/** How far a point is from the nearest of the line. */
export function distanceTo(curve: Curve, point: Point): number {
  const points = pointsOf(curve)
  let nearest = Number.POSITIVE_INFINITY
  for (let at = 0; at + 1 < points.length; at += 1) {
    const [a, b] = [points[at], points[at + 1]]
    if (a !== undefined && b !== undefined) nearest = Math.min(nearest, distanceToLine(a, b, point))
  }
  return nearest
}

function distanceToLine(a: Point, b: Point, { x, y }: Point): number {
  const [dx, dy] = [b.x - a.x, b.y - a.y]
  const square = dx * dx + dy * dy
  const t = square === 0 ? 0 : clamp(((x - a.x) * dx + (y - a.y) * dy) / square, 0, 1)
  return Math.hypot(x - a.x - t * dx, y - a.y - t * dy)
}

const distance = (a: Point, b: Point) => Math.hypot(b.x - a.x, b.y - a.y)
