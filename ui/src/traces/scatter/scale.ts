// Where traces stand in the scatter: time to the right, duration upwards in powers of ten. Pure.

import type { SchemaTraceItem } from '../../api/schema.d.ts'
import type { EpochMilliseconds } from '../../ui/units.ts'

/** Between the edge of the picture and the field with the dots. */
export const MARGIN = { left: 52, right: 12, top: 8, bottom: 18 }
/** Shorter ones are drawn as long: a logarithm has no zero. */
const SHORTEST_MS = 0.001
const RADIUS_MIN = 2.5
const RADIUS_MAX = 7

export interface Dot {
  trace: SchemaTraceItem
  /** With what is below a millisecond. */
  at: number
  ms: number
  isError: boolean
  radius: number
}

export function dotsOf(traces: readonly SchemaTraceItem[]): Dot[] {
  return traces.map(trace => ({
    trace,
    at: Number(trace.start_time_unix_nano) / 1e6,
    ms: Math.max(SHORTEST_MS, trace.duration_ms),
    isError: trace.error_count > 0,
    radius: Math.min(RADIUS_MAX, RADIUS_MIN + Math.log2(Math.max(1, trace.span_count)) / 2),
  }))
}

/** What the picture shows. */
export interface Extent {
  start: number
  end: number
  /** Powers of ten around all durations. */
  msMin: number
  msMax: number
}

/**
 * All of the range that was searched; but of a list that is cut only as far back as it goes, as beyond nothing is known.
 */
export function extentOf(
  dots: readonly Dot[],
  range: { start: EpochMilliseconds; end: EpochMilliseconds },
  isCut: boolean,
): Extent {
  const earliest = dots.reduce((least, { at }) => Math.min(least, at), Number.POSITIVE_INFINITY)
  const latest = dots.reduce((most, { at }) => Math.max(most, at), Number.NEGATIVE_INFINITY)
  const end = Math.max(range.end, latest)
  const start = isCut ? earliest : Math.min(range.start, earliest)
  const durations = dots.map(({ ms }) => ms)
  const msMin = 10 ** Math.floor(Math.log10(least(durations)))
  const msMax = 10 ** Math.ceil(Math.log10(most(durations) * 1.0001))
  return { start: Math.min(start, end - 1), end, msMin, msMax: Math.max(msMax, msMin * 10) }
}

const least = (values: readonly number[]) => values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
const most = (values: readonly number[]) => values.reduce((a, b) => Math.max(a, b), SHORTEST_MS)

export interface Size {
  width: number
  height: number
}

export interface Point {
  x: number
  y: number
}

/** A moment and a duration, and the place of them. */
export class Scale {
  readonly extent: Extent
  readonly size: Size

  constructor(extent: Extent, size: Size) {
    this.extent = extent
    this.size = size
  }

  private get field() {
    const { left, right, top, bottom } = MARGIN
    return {
      width: Math.max(1, this.size.width - left - right),
      height: Math.max(1, this.size.height - top - bottom),
    }
  }

  x(at: number): number {
    const { start, end } = this.extent
    return MARGIN.left + ((at - start) / (end - start)) * this.field.width
  }

  y(ms: number): number {
    const { msMin, msMax } = this.extent
    const part = Math.log(ms / msMin) / Math.log(msMax / msMin)
    return MARGIN.top + (1 - part) * this.field.height
  }

  at(x: number): number {
    const { start, end } = this.extent
    return start + ((x - MARGIN.left) / this.field.width) * (end - start)
  }

  ms(y: number): number {
    const { msMin, msMax } = this.extent
    return msMin * (msMax / msMin) ** (1 - (y - MARGIN.top) / this.field.height)
  }

  /** The nearest place in the field with the dots. */
  clamped({ x, y }: Point): Point {
    const { width, height } = this.field
    return {
      x: Math.min(MARGIN.left + width, Math.max(MARGIN.left, x)),
      y: Math.min(MARGIN.top + height, Math.max(MARGIN.top, y)),
    }
  }
}

/** How far from a dot the pointer may be. */
const REACH = 6

/** The dot at a place: the nearest. */
export function dotAt(dots: readonly Dot[], scale: Scale, { x, y }: Point): Dot | null {
  let found: Dot | null = null
  let nearest = Number.POSITIVE_INFINITY
  for (const dot of dots) {
    const distance = Math.hypot(scale.x(dot.at) - x, scale.y(dot.ms) - y) - dot.radius
    if (distance >= nearest || distance > REACH) continue
    found = dot
    nearest = distance
  }
  return found
}

/** A rectangle of the picture as what it holds. */
export interface Brushed {
  start: number
  end: number
  msMin: number
  msMax: number
}

export function brushed(scale: Scale, a: Point, b: Point): Brushed {
  const [from, to] = [scale.clamped(a), scale.clamped(b)]
  return {
    start: scale.at(Math.min(from.x, to.x)),
    end: scale.at(Math.max(from.x, to.x)),
    msMin: scale.ms(Math.max(from.y, to.y)),
    msMax: scale.ms(Math.min(from.y, to.y)),
  }
}

const SECOND = 1000
const STEPS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800,
]

/** Round moments, of local time, at most so many. */
export function timeTicks({ start, end }: Extent, count: number): number[] {
  const wanted = (end - start) / Math.max(1, count)
  const step = (STEPS.find(step => step * SECOND >= wanted) ?? 604_800) * SECOND
  const shift = new Date(start).getTimezoneOffset() * 60 * SECOND
  const ticks: number[] = []
  for (let at = Math.ceil((start - shift) / step) * step + shift; at <= end; at += step) ticks.push(at)
  return ticks
}

export function durationTicks({ msMin, msMax }: Extent): number[] {
  const ticks: number[] = []
  for (let power = Math.round(Math.log10(msMin)); power <= Math.round(Math.log10(msMax)); power++)
    ticks.push(10 ** power)
  return ticks
}
