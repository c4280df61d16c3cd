// What every chart has around its picture: title, values at the cursor, a summary in words, and the numbers as a table.

import { useId, useState } from 'react'
import { stepWords } from './axis.ts'
import './charts.css'
import { type Cursor, useCursorTime } from './cursor.ts'
import { type Format, type Frame, type Series, stepAt, type Values } from './series.ts'

interface ChartProps {
  title: string
  /** Beside the title: a unit, or what is drawn. */
  note?: string
  head: React.ReactNode
  /** In words what the picture shows. */
  summary: string
  /** The numbers, made when somebody asks for them. */
  data: () => React.ReactNode
  children: React.ReactNode
}

export function Chart({ title, note, head, summary, data, children }: ChartProps) {
  const id = useId()
  const [isOpen, setOpen] = useState(false)
  return (
    <figure className="chart" aria-labelledby={id}>
      <figcaption className="chart__head">
        <h3 id={id}>{title}</h3>
        {note === undefined ? null : <span className="muted">{note}</span>}
        {head}
      </figcaption>
      {children}
      <div className="chart__foot">
        <p className="chart__summary">{summary}</p>
        <details className="chart__data" onToggle={event => setOpen(event.currentTarget.open)}>
          <summary>Show data</summary>
          {isOpen ? data() : null}
        </details>
      </div>
    </figure>
  )
}

interface ReadoutProps {
  frame: Frame
  series: readonly Series[]
  format: Format
  cursor: Cursor
  /** The step that is shown while nobody points: the last one that is over. */
  restAt: number
}

/** The legend, and in it the values of the step that is pointed at. */
export function Readout({ frame, series, format, cursor, restAt }: ReadoutProps) {
  const time = useCursorTime(cursor)
  const pointed = time === null ? null : stepAt(frame, time)
  const step = pointed ?? restAt
  return (
    <>
      <ul className="readout">
        {series.map(({ id, label, colour, values, before }) => (
          <li key={id} data-compared={before !== undefined}>
            <span className="readout__swatch" style={{ background: colour }} aria-hidden="true" />
            <span className="muted">{label}</span>{' '}
            <span className="mono">{format(values[step] ?? null)}</span>
            {before === undefined ? null : <span className="muted"> was {format(before[step] ?? null)}</span>}
          </li>
        ))}
      </ul>
      <time className="readout__time mono muted" data-pointed={pointed !== null}>
        {stepWords(frame.times[step] ?? frame.end, Date.now() / 1000)}
      </time>
    </>
  )
}

interface DataTableProps {
  caption: string
  frame: Frame
  series: readonly Series[]
  format: Format
}

/** The newest first, as that is mostly what is looked for. */
export function DataTable({ caption, frame, series, format }: DataTableProps) {
  const columns = series.flatMap(({ id, label, values, before }): [string, string, Values][] => [
    [id, label, values],
    ...(before === undefined
      ? []
      : [[`${id} before`, `${label} before`, before] as [string, string, Values]]),
  ])
  const now = Date.now() / 1000
  return (
    <section className="chart__table" aria-label={caption} tabIndex={0}>
      <table>
        <caption className="visually-hidden">{caption}</caption>
        <thead>
          <tr>
            <th scope="col">From</th>
            {columns.map(([id, label]) => (
              <th key={id} scope="col">
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {frame.times
            .map((time, step) => (
              <tr key={time}>
                <th scope="row">{stepWords(time, now)}</th>
                {columns.map(([id, , values]) => (
                  <td key={id}>{format(values[step] ?? null)}</td>
                ))}
              </tr>
            ))
            .reverse()}
        </tbody>
      </table>
    </section>
  )
}
