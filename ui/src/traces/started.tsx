import { useNow } from '../ui/clock.ts'
import { formatAge, formatClock, formatDay, formatMoment } from '../ui/format.ts'
import {
  type EpochMilliseconds,
  type EpochNanoseconds,
  epochNanoseconds,
  milliseconds,
  millisecondsOf,
} from '../ui/units.ts'

/** When a trace began, and how long ago that is. */
export function Started({ at }: { at: EpochNanoseconds }) {
  const now = useNow()
  return (
    <time dateTime={new Date(millisecondsOf(at)).toISOString()} title={formatMoment(at)}>
      <span className="mono">
        {dayUnlessToday(at, now)}
        {formatClock(at)}
      </span>{' '}
      <span className="traces__age muted">{ageWords(at, now)}</span>
    </time>
  )
}

function dayUnlessToday(at: EpochNanoseconds, now: EpochMilliseconds): string {
  const day = formatDay(at)
  const today = formatDay(epochNanoseconds(BigInt(now) * 1_000_000n))
  return day === today ? '' : `${day} `
}

function ageWords(at: EpochNanoseconds, now: EpochMilliseconds): string {
  const age = milliseconds(now - millisecondsOf(at))
  if (age < -1000) return `in ${formatAge(milliseconds(-age))}`
  const words = formatAge(age)
  return words === 'now' ? 'now' : `${words} ago`
}
