// How long each span worked itself: its time less that in which any of its children ran.

import { at, NONE, type Trace } from './columns.ts'

/** Nanoseconds by row. Children at the same time count once, and only as far as they lie within the span. */
export function selfTimes({
  parent,
  start,
  duration,
}: Pick<Trace, 'parent' | 'start' | 'duration'>): Float64Array {
  const own = duration.slice()
  /** Until when the children that were come by explain a span's time. */
  const explained = start.slice()
  // Siblings come by in the order of their start.
  for (let row = 0; row < parent.length; row++) {
    const caller = at(parent, row)
    if (caller === NONE) continue
    const from = Math.max(at(explained, caller), at(start, row))
    const to = Math.min(at(start, row) + at(duration, row), at(start, caller) + at(duration, caller))
    if (to <= from) continue
    own[caller] = at(own, caller) - (to - from)
    explained[caller] = to
  }
  return own
}
