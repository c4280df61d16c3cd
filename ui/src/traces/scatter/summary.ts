// The scatter in words, for who does not see it.

import { counted, formatClock, formatDuration } from '../../ui/format.ts'
import { epochNanoseconds, milliseconds, nsOfMs } from '../../ui/units.ts'
import type { Dot } from './scale.ts'

export function summaryOf(dots: readonly Dot[]): string {
  if (dots.length === 0) return 'No traces.'
  const byLength = dots.toSorted((a, b) => a.ms - b.ms)
  const duration = (part: number) => {
    const ms = byLength[Math.min(byLength.length - 1, Math.floor(byLength.length * part))]?.ms ?? 0
    return formatDuration(nsOfMs(milliseconds(ms)))
  }
  const starts = dots.map(({ at }) => at)
  const [first, last] = [Math.min(...starts), Math.max(...starts)].map(clock)
  const errors = dots.filter(({ isError }) => isError).length
  return [
    `${counted(dots.length, 'trace')} that started from ${first} to ${last}.`,
    `Durations from ${duration(0)} to ${duration(1)}, half of them up to ${duration(0.5)}, one in twenty over ${duration(0.95)}.`,
    errors === 0 ? 'None has errors.' : `${counted(errors, 'trace')} with errors.`,
  ].join(' ')
}

function clock(ms: number): string {
  return formatClock(epochNanoseconds(BigInt(Math.round(ms)) * 1_000_000n)).slice(0, 8)
}
