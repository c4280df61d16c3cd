// A picture of how long calls took: a column per step, a row per bucket, and dots of single calls to look at. Pure, so that
// what is drawn and what a pointer hits are the same.

import type { Frame } from './series.ts'

export interface Heat {
  /** Upper bounds of the rows, in ms; each begins where the one before ends. */
  bounds: readonly number[]
  /** Of each step, the calls in each row. */
  counts: readonly (readonly number[])[]
}

/** What a dot says beside where it stands. */
export type DotTone = 'ok' | 'aside' | 'bad'

export interface HeatDot {
  id: string
  /** Begin of its step. */
  time: number
  ms: number
  tone: DotTone
}

export interface Area {
  left: number
  top: number
  width: number
  height: number
}

export interface PlacedDot<Dot extends HeatDot> {
  dot: Dot
  x: number
  y: number
}

/** Rows are equally high as bounds are powers; the first row begins where one of its kind would. */
export function heightOf(bounds: readonly number[], ms: number, { top, height }: Area): number {
  const rows = bounds.length
  const [first, last] = [bounds[0], bounds[rows - 1]]
  if (first === undefined || last === undefined) return top + height
  const ratio = rowRatio(bounds)
  const row = ms <= 0 ? 0 : Math.log(ms / (first / ratio)) / Math.log(ratio)
  return top + height - (Math.min(rows, Math.max(0, row)) / rows) * height
}

/** From one bound to the next; half a power of two, where there is no next. */
function rowRatio(bounds: readonly number[]): number {
  const [first, second] = bounds
  return first === undefined || second === undefined ? Math.SQRT2 : second / first
}

export function xOf({ start, end }: Frame, moment: number, { left, width }: Area): number {
  return left + ((moment - start) / (end - start)) * width
}

export function momentAt({ start, end }: Frame, x: number, { left, width }: Area): number {
  return start + Math.min(1, Math.max(0, (x - left) / width)) * (end - start)
}

/** Dots of one step side by side, so that none hides another. */
export function placedDots<Dot extends HeatDot>(
  dots: readonly Dot[],
  heat: Heat,
  frame: Frame,
  area: Area,
): PlacedDot<Dot>[] {
  const ofStep = new Map<number, Dot[]>()
  for (const dot of dots) ofStep.set(dot.time, [...(ofStep.get(dot.time) ?? []), dot])
  return [...ofStep].flatMap(([time, group]) =>
    group.map((dot, place) => ({
      dot,
      x: xOf(frame, time + (frame.step * (place + 1)) / (group.length + 1), area),
      y: heightOf(heat.bounds, dot.ms, area),
    })),
  )
}

/** The nearest dot within reach; of what fails before what does not. */
export function dotAt<Dot extends HeatDot>(
  placed: readonly PlacedDot<Dot>[],
  x: number,
  y: number,
  reach: number,
): PlacedDot<Dot> | null {
  const near = placed
    .map(one => ({ one, distance: Math.hypot(one.x - x, one.y - y) }))
    .filter(({ distance }) => distance <= reach)
  near.sort((a, b) => a.distance - b.distance)
  return near[0]?.one ?? null
}

/** The row and column under a pointer; null beside the picture. */
export function cellAt(heat: Heat, frame: Frame, x: number, y: number, area: Area) {
  const [column, row] = [
    Math.floor(((x - area.left) / area.width) * frame.times.length),
    Math.floor(((area.top + area.height - y) / area.height) * heat.bounds.length),
  ]
  const count = heat.counts[column]?.[row]
  if (count === undefined) return null
  return { count, from: row === 0 ? 0 : (heat.bounds[row - 1] ?? 0), to: heat.bounds[row] ?? 0 }
}

/** How strong a cell is, 0 to 1: a single call is seen, and the strongest does not hide differences below it. */
export function strength(count: number, largest: number): number {
  return count <= 0 || largest <= 0 ? 0 : 0.12 + 0.83 * (Math.log1p(count) / Math.log1p(largest))
}

export function largestCount({ counts }: Heat): number {
  return counts.reduce((largest, row) => row.reduce((most, count) => Math.max(most, count), largest), 0)
}

/** Bounds that get words: at most so many, evenly apart. */
export function labelledRows(rows: number, most: number): number[] {
  const every = Math.max(1, Math.ceil(rows / most))
  return Array.from({ length: rows }, (_, row) => row).filter(row => (rows - 1 - row) % every === 0)
}
