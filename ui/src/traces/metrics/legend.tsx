// The lines of a chart: their values, at the cursor if somebody points; which of them are drawn; the way to their spans.

import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { searchOf as searchOfRange, type TimeRange } from '../../api/time-range.ts'
import { paths } from '../../app/paths.ts'
import { stepWords } from '../../charts/axis.ts'
import { useCursorTime } from '../../charts/cursor.ts'
import { type Format, stepAt } from '../../charts/series.ts'
import type { ChartGroup } from '../../charts/time-series.tsx'
import { formatCount } from '../../ui/format.ts'
import type { MetricsPart } from '../traceql/metrics.ts'
import { type Line, summaryOf } from './lines.ts'
import { searchOf } from './narrow.ts'
import { toggled } from './shown.ts'

/** More are shown for who asks. */
const ROWS_MAX = 30

interface Props {
  lines: readonly Line[]
  shown: ReadonlySet<string>
  group: ChartGroup
  format: Format
  part: MetricsPart
  range: TimeRange
  onChoose: (shown: ReadonlySet<string>) => void
}

export function Legend(props: Props) {
  const { lines, group, onChoose, shown } = props
  const [isWhole, setWhole] = useState(false)
  const rows = isWhole ? lines : lines.slice(0, ROWS_MAX)
  const time = useCursorTime(group.cursor)
  const step = time === null ? null : stepAt(group.frame, time)
  return (
    <div className="legend">
      <table className="legend__table" aria-label="Series">
        <thead>
          <tr>
            <th scope="col">
              Series <span className="muted">{formatCount(lines.length)}</span>
            </th>
            <th scope="col" className="legend__number">
              {step === null ? 'Last' : stepWords(group.frame.times[step] ?? 0, Date.now() / 1000)}
            </th>
            <th scope="col" className="legend__number">
              Mean
            </th>
            <th scope="col" className="legend__number">
              Max
            </th>
            <th scope="col">
              <span className="visually-hidden">What to do</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(line => (
            <Row key={line.id} line={line} step={step} {...props} />
          ))}
        </tbody>
      </table>
      <p className="legend__foot">
        {lines.length <= ROWS_MAX ? null : (
          <button type="button" className="link-button" onClick={() => setWhole(!isWhole)}>
            {isWhole ? 'Show fewer' : `Show ${formatCount(lines.length - ROWS_MAX)} more`}
          </button>
        )}
        {shown.size === lines.length ? null : (
          <button
            type="button"
            className="link-button"
            onClick={() => onChoose(new Set(lines.map(({ id }) => id)))}
          >
            Draw all {formatCount(lines.length)}
          </button>
        )}
      </p>
    </div>
  )
}

interface RowProps extends Props {
  line: Line
  /** That is pointed at; null: none. */
  step: number | null
}

function Row({ line, step, lines, shown, format, part, range, onChoose }: RowProps) {
  const { last, mean, max } = summaryOf(line)
  const isShown = shown.has(line.id)
  const search = searchOf(part, line.labels)
  return (
    <tr data-shown={isShown}>
      <th scope="row">
        <button
          type="button"
          className="legend__toggle"
          aria-pressed={isShown}
          title={`${isShown ? 'Hide' : 'Draw'} ${line.label}`}
          onClick={() => onChoose(toggled(shown, line.id))}
        >
          <span className="legend__swatch" style={{ '--colour': line.colour } as React.CSSProperties} />
          <span className="legend__label">{line.label}</span>
        </button>
      </th>
      <td className="legend__number">{format(step === null ? last : (line.values[step] ?? null))}</td>
      <td className="legend__number">{format(mean)}</td>
      <td className="legend__number">{format(max)}</td>
      <td className="legend__actions">
        {lines.length < 2 ? null : (
          <button
            type="button"
            className="link-button"
            aria-label={`Draw only ${line.label}`}
            onClick={() => onChoose(new Set([line.id]))}
          >
            Only
          </button>
        )}
        {search === null ? null : (
          <Link
            to={paths.traces}
            search={{ q: search, ...searchOfRange(range) }}
            aria-label={`Traces of ${line.label}`}
          >
            Traces
          </Link>
        )}
      </td>
    </tr>
  )
}
