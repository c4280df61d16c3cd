// How long services, or operations, worked: bars of their self time, and of what the trace waited for.

import { ArrowDown } from 'lucide-react'
import { useMemo, useState } from 'react'
import { formatCount, formatDuration, formatShare } from '../../ui/format.ts'
import { ErrorWord } from '../../ui/mark.tsx'
import type { ServiceName } from '../../ui/service-colour.ts'
import { ServiceText, Swatch } from '../../ui/service-label.tsx'
import { ShareBar } from '../../ui/share-bar.tsx'
import { nanoseconds } from '../../ui/units.ts'
import { Operation } from '../operation.tsx'
import { sortedWork, WORK_COLUMNS, type WorkColumn, type WorkRow } from './work.ts'

const ROWS_MAX = 12

interface Props {
  title: string
  /** What the first column has. */
  what: 'Service' | 'Operation'
  rows: readonly WorkRow[]
  /** All that there are: the rows may be the first of them. */
  count: number
  /** Of the root. */
  duration: number
  colours: ReadonlyMap<ServiceName, string>
  /** Shows the spans of a row. */
  onShow: (row: WorkRow) => void
}

export function WorkTable({ title, what, rows, count, duration, colours, onShow }: Props) {
  const [by, setBy] = useState<WorkColumn>('self_ns')
  const [isWhole, setWhole] = useState(false)
  const sorted = useMemo(() => sortedWork(rows, by), [rows, by])
  const shown = isWhole ? sorted : sorted.slice(0, ROWS_MAX)
  const most = Math.max(1, ...rows.map(({ work }) => work.self_ns))
  return (
    <section className="work" aria-label={title}>
      <h2>
        {title} <span className="muted">{formatCount(count)}</span>
      </h2>
      <div className="work__scroll">
        <table className="work__table">
          <thead>
            <tr>
              <th scope="col">{what}</th>
              {(Object.keys(WORK_COLUMNS) as WorkColumn[]).map(column => (
                <HeadCell key={column} column={column} by={by} onSort={setBy} />
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map(row => (
              <Row
                key={row.id}
                row={row}
                what={what}
                most={most}
                duration={duration}
                colours={colours}
                onShow={onShow}
              />
            ))}
          </tbody>
        </table>
      </div>
      {sorted.length <= ROWS_MAX ? null : (
        <button type="button" className="link-button" onClick={() => setWhole(!isWhole)}>
          {isWhole ? 'Show fewer' : `Show ${formatCount(sorted.length - ROWS_MAX)} more`}
        </button>
      )}
      {count > rows.length ? (
        <p className="muted">The {formatCount(rows.length)} with most self time.</p>
      ) : null}
    </section>
  )
}

interface HeadProps {
  column: WorkColumn
  by: WorkColumn
  onSort: (column: WorkColumn) => void
}

function HeadCell({ column, by, onSort }: HeadProps) {
  const { words, title } = WORK_COLUMNS[column]
  return (
    <th scope="col" aria-sort={column === by ? 'descending' : 'none'} data-number="true">
      <button type="button" className="work__sort" title={title} onClick={() => onSort(column)}>
        {words}
        {column === by ? <ArrowDown size={12} aria-hidden="true" /> : null}
      </button>
    </th>
  )
}

interface RowProps extends Pick<Props, 'what' | 'duration' | 'colours' | 'onShow'> {
  row: WorkRow
  /** The most self time of a row. */
  most: number
}

function Row({ row, what, most, duration, colours, onShow }: RowProps) {
  const { operation, work } = row
  const colour = colours.get(operation.service) ?? 'var(--idle)'
  const critical = duration <= 0 ? 0 : work.critical_ns / duration
  const time = (ns: number) => formatDuration(nanoseconds(ns))
  return (
    <tr>
      <th scope="row">
        <button
          type="button"
          className="work__name"
          title="Show these spans in the waterfall"
          onClick={() => onShow(row)}
        >
          {what === 'Service' ? (
            <>
              <Swatch colour={colour} /> <ServiceText service={operation.service} />
            </>
          ) : (
            <Operation operation={operation} colours={colours} />
          )}
        </button>
      </th>
      <td className="work__bar">
        <ShareBar words={time(work.self_ns)} share={work.self_ns / most} colour={colour} />
      </td>
      <td className="work__bar">
        <ShareBar
          words={formatShare(critical)}
          share={critical}
          colour={colour}
          title={`${time(work.critical_ns)} of ${time(duration)}`}
        />
      </td>
      <td data-number="true">{time(work.total_ns)}</td>
      <td data-number="true">{formatCount(work.span_count)}</td>
      <td data-number="true">
        {work.error_count === 0 ? (
          <span className="muted">none</span>
        ) : (
          <ErrorWord>{formatCount(work.error_count)}</ErrorWord>
        )}
      </td>
    </tr>
  )
}
