// Whether a trace may still get spans, and whether it has.

import { type EpochMilliseconds, MINUTE, milliseconds, millisecondsOf } from '../ui/units.ts'
import type { Trace } from './columns.ts'

/** Exporters send what they have every few seconds, and proxies' later than applications'. */
const GROWS_FOR = milliseconds(MINUTE)
/** A trace as large as this is not read again and again. */
const GROWING_SPANS_MAX = 5000

/** Whether spans of it may still be on their way. */
export function isGrowing(
  { startedAt, length, spanCount }: Pick<Trace, 'startedAt' | 'length' | 'spanCount'>,
  now: EpochMilliseconds,
): boolean {
  if (startedAt === null || spanCount > GROWING_SPANS_MAX) return false
  const endedAt = millisecondsOf(startedAt) + length / 1e6
  return now - endedAt < GROWS_FOR
}

/** Whether two answers tell the same. Spans are only ever added. */
export function isSameTrace(before: Trace, now: Trace): boolean {
  const [one, other] = [before, now].map(
    ({ spanCount, startedAt, length }) => `${spanCount} ${startedAt} ${length}`,
  )
  return one === other
}
