// What helps where a time range holds nothing.

import { RANGES, type RangeName, rangeBackTo, type TimeRange } from '../api/time-range.ts'
import { useNow } from '../ui/clock.ts'
import { formatAge } from '../ui/format.ts'
import { type EpochMilliseconds, epochMilliseconds, MINUTE, milliseconds } from '../ui/units.ts'

const LONGEST: RangeName = '14d'

export function LookBack({ range, onRange }: { range: TimeRange; onRange: (range: TimeRange) => void }) {
  if (range.kind === 'relative' && range.range === LONGEST) return null
  return (
    <button
      type="button"
      className="button button--main"
      onClick={() => onRange({ kind: 'relative', range: LONGEST })}
    >
      Look at the {RANGES[LONGEST].words.toLowerCase()}
    </button>
  )
}

interface ToNewestProps {
  /** When the newest of all traces ended; null if there is none, or nobody knows. */
  newest: EpochMilliseconds | null
  range: TimeRange
  onRange: (range: TimeRange) => void
}

/** Offers the range that holds the newest trace, if it is another. */
export function ToNewest({ newest, range, onRange }: ToNewestProps) {
  const now = useNow()
  if (newest === null) return null
  const name = rangeBackTo(newest, now)
  if (range.kind === 'relative' && range.range === name) return null
  const around: TimeRange =
    name === null
      ? {
          kind: 'absolute',
          start: epochMilliseconds(newest - 15 * MINUTE),
          end: epochMilliseconds(newest + MINUTE),
        }
      : { kind: 'relative', range: name }
  return (
    <button type="button" className="button button--main" onClick={() => onRange(around)}>
      The newest trace came {formatAge(milliseconds(now - newest))} ago: show it
    </button>
  )
}
