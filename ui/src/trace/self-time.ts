// How long each span worked itself: its time less that in which any of its children ran.

import type { Tree } from './tree.ts'

/** Nanoseconds by place. Children at the same time count once, and only as far as they lie within the span. */
export function selfTimes({ nodes }: Tree): Float64Array {
  const own = Float64Array.from(nodes, node => node.span.duration)
  /** Until when the children that were come by explain a span's time. */
  const explained = Float64Array.from(nodes, node => node.span.start)
  // Siblings come by in the order of their start.
  for (const { span, parent } of nodes) {
    const caller = parent === null ? undefined : nodes[parent]?.span
    if (parent === null || caller === undefined) continue
    const start = Math.max(explained[parent] ?? 0, span.start)
    const end = Math.min(span.start + span.duration, caller.start + caller.duration)
    if (end <= start) continue
    own[parent] = (own[parent] ?? 0) - (end - start)
    explained[parent] = end
  }
  return own
}
