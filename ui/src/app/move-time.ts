// Earlier, later, closer, wider: other time ranges made of one.

import { fixed, RANGE_NAMES, RANGES, type TimeRange } from '../api/time-range.ts'
import { type EpochMilliseconds, epochMilliseconds, MINUTE, SECOND } from '../ui/units.ts'

/** Closer than this nothing is to be seen: the graph's windows are of ten seconds. */
const SHORTEST = 10 * SECOND

/** By half its length. Nothing lies after now. */
export function shifted(range: TimeRange, direction: 1 | -1, now: EpochMilliseconds): TimeRange {
  const [start, end] = momentsOf(range, now)
  const length = end - start
  const by = direction < 0 ? -length / 2 : Math.max(0, Math.min(length / 2, now - end))
  // Up to now it is already.
  return by === 0 ? range : absolute(start + by, end + by)
}

/** Half or twice as long. What goes up to now goes on doing so, by the lengths that have names. */
export function zoomed(range: TimeRange, direction: 'closer' | 'wider', now: EpochMilliseconds): TimeRange {
  if (range.kind === 'relative') {
    const at = RANGE_NAMES.indexOf(range.range) + (direction === 'wider' ? 1 : -1)
    const name = RANGE_NAMES[at]
    return name === undefined ? range : { kind: 'relative', range: name }
  }
  const [start, end] = momentsOf(range, now)
  const length =
    direction === 'wider' ? (end - start) * 2 : Math.max((end - start) / 2, Math.min(SHORTEST, end - start))
  const middle = (start + end) / 2
  const until =
    direction === 'wider' ? Math.min(middle + length / 2, Math.max(now, end)) : middle + length / 2
  return absolute(until - length, until)
}

/** The shortest of the lengths up to now that is not shorter. */
export function liveOf(range: TimeRange): TimeRange {
  if (range.kind === 'relative') return range
  const length = range.end - range.start
  const name = RANGE_NAMES.find(name => RANGES[name].length >= length - MINUTE / 2) ?? '14d'
  return { kind: 'relative', range: name }
}

function momentsOf(range: TimeRange, now: EpochMilliseconds): [number, number] {
  const { start, end } = absoluteOf(range, now)
  return [start, end]
}

function absoluteOf(range: TimeRange, now: EpochMilliseconds) {
  const whole = fixed(range, now)
  if (whole.kind !== 'absolute') throw new Error('a fixed range has a start and an end')
  return whole
}

function absolute(start: number, end: number): TimeRange {
  return {
    kind: 'absolute',
    start: epochMilliseconds(Math.round(start)),
    end: epochMilliseconds(Math.round(end)),
  }
}
