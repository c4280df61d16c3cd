// Where times are on the axis of a trace.

import { type Nanoseconds, nanoseconds, type Ratio, ratio } from '../ui/units.ts'
import { lengthOf, type Window } from './window.ts'

/** A span's bar, in parts of the axis. */
export interface Bar {
  left: Ratio
  width: Ratio
  /** Where all of it is, if it is not in the window. */
  outside: 'before' | 'after' | null
}

export function barOf(span: { start: number; duration: number }, window: Window): Bar {
  const length = lengthOf(window)
  // A trace without a length is one moment, and its bars begin where it does.
  if (length <= 0) return { left: ratio(0), width: ratio(0), outside: null }
  const end = span.start + span.duration
  if (end < window.from) return { left: ratio(0), width: ratio(0), outside: 'before' }
  if (span.start > window.to) return { left: ratio(1), width: ratio(0), outside: 'after' }
  const left = ratio((span.start - window.from) / length)
  return { left, width: ratio(ratio((end - window.from) / length) - left), outside: null }
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
