// What a chart of metrics is called, and what it shows in a sentence.

import { stepWords } from '../../charts/axis.ts'
import { type Format, type Frame, largestOf } from '../../charts/series.ts'
import { seriesSummary } from '../../charts/summary.ts'
import { counted, formatAge } from '../../ui/format.ts'
import { milliseconds } from '../../ui/units.ts'
import type { Line } from './lines.ts'
import type { Shape } from './shape.ts'

const TITLES: Record<string, string> = {
  rate: 'Spans a second',
  count_over_time: 'Spans',
  quantile_over_time: 'Quantiles',
  histogram_over_time: 'Distribution',
  avg_over_time: 'Mean',
  max_over_time: 'Largest',
  min_over_time: 'Smallest',
  sum_over_time: 'Sum',
}

/** `Quantiles of duration`. */
export function titleOf({ part }: Shape): string {
  if (part.spans === null) return 'Result'
  const title = TITLES[part.name] ?? part.name
  return part.argument === '' ? title : `${title} of ${part.argument}`
}

export const stepNote = ({ step }: Frame) => `in steps of ${formatAge(milliseconds(step * 1000))}`

/** More are summed up. */
const NAMED_MAX = 4

export function linesSummary(frame: Frame, lines: readonly Line[], format: Format, lastStep: number): string {
  if (lines.length <= NAMED_MAX) return seriesSummary(frame, lines, format, lastStep)
  const largest = (line: Line) => largestOf(line.values) ?? 0
  const top = lines.reduce((most, line) => (largest(line) > largest(most) ? line : most))
  const at = frame.times[top.values.indexOf(largest(top))] ?? frame.start
  const most = `${top.label} has at most ${format(largest(top))} at ${stepWords(at, frame.end)}`
  return `${counted(lines.length, 'series', 'series')}; ${most}.`
}
