// The cursor of charts by keys.

import type { Cursor } from './cursor.ts'
import { type Frame, stepAt } from './series.ts'

const STEPS: Record<string, number> = {
  ArrowLeft: -1,
  ArrowRight: 1,
  PageUp: -10,
  PageDown: 10,
  Home: Number.NEGATIVE_INFINITY,
  End: Number.POSITIVE_INFINITY,
}

/** The step where a key leads; undefined: it leads nowhere. */
export function stepAfter(key: string, at: number | null, count: number): number | undefined {
  const by = STEPS[key]
  if (by === undefined || count === 0) return undefined
  // From outside a key comes in at the newest step.
  const from = at ?? (by < 0 ? count : count - 1)
  return Math.min(count - 1, Math.max(0, from + by))
}

export function cursorKeys(event: React.KeyboardEvent, frame: Frame, cursor: Cursor): void {
  const time = cursor.read()
  if (event.key === 'Escape' && time !== null) {
    event.stopPropagation()
    cursor.point(null)
    return
  }
  const step = stepAfter(event.key, time === null ? null : stepAt(frame, time), frame.times.length)
  if (step === undefined) return
  event.preventDefault()
  cursor.point(frame.times[step] ?? null)
}
