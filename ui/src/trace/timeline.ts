// Where times are on the axis of a trace.

import { type Nanoseconds, nanoseconds, type Ratio, ratio } from '../ui/units.ts'

/** A span's bar, in parts of the axis. */
export interface Bar {
  left: Ratio
  width: Ratio
}

export function barOf(span: { start: Nanoseconds; duration: Nanoseconds }, length: Nanoseconds): Bar {
  // A trace without a length is one moment, and its bars begin where it does.
  if (length <= 0) return { left: ratio(0), width: ratio(0) }
  const left = ratio(span.start / length)
  return { left, width: ratio(Math.min(span.duration / length, 1 - left)) }
}

/** Round times from 0 to the end, 1, 2 or 5 times a power of ten apart, at most `count` steps. */
export function ticksOf(length: Nanoseconds, count: number): Nanoseconds[] {
  if (length <= 0 || count < 1) return [nanoseconds(0)]
  const step = niceStep(length / count)
  const steps = Math.floor(length / step + 1e-9)
  return Array.from({ length: steps + 1 }, (_, i) => nanoseconds(i * step))
}

function niceStep(size: number): number {
  const power = 10 ** Math.floor(Math.log10(size))
  const factor = [1, 2, 5, 10].find(factor => factor * power >= size * (1 - 1e-9)) ?? 10
  // Below a nanosecond there is nothing to tell apart.
  return Math.max(1, factor * power)
}
