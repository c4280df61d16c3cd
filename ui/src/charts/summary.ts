// What a chart shows, in a sentence.

import { stepWords } from './axis.ts'
import { type Format, type Frame, largestOf, type Series } from './series.ts'

/** `Last p50 12.0 ms, p99 90.0 ms; p99 at most 340 ms at 14:03:20.` */
export function seriesSummary(
  frame: Frame,
  series: readonly Series[],
  format: Format,
  lastStep: number,
): string {
  const known = series.filter(({ values }) => largestOf(values) !== null)
  if (known.length === 0) return 'Nothing to show in this time.'
  const last = known.map(one => `${one.label} ${format(lastUpTo(one, lastStep))}`)
  return `Last ${last.join(', ')}; ${mostOf(frame, known, format)}.`
}

function lastUpTo({ values }: Series, step: number): number | null {
  return values.slice(0, step + 1).findLast(value => value !== null) ?? null
}

/** The largest of all values, and when it was. */
function mostOf(frame: Frame, series: readonly Series[], format: Format): string {
  const largest = (one: Series) => largestOf(one.values) ?? 0
  // Of equal ones the later: of percentiles that is the highest.
  const top = series.toReversed().sort((a, b) => largest(b) - largest(a))[0]
  if (top === undefined || largest(top) === 0) return 'none in this time'
  const at = frame.times[top.values.indexOf(largest(top))] ?? frame.start
  const name = series.length === 1 ? '' : `${top.label} `
  return `${name}at most ${format(largest(top))} at ${stepWords(at, frame.end)}`
}
