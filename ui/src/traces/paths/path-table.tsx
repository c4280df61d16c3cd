// Services, or operations, by the time that traces waited for them.

import { useState } from 'react'
import type { SchemaOperationRef, SchemaOtherPathTime } from '../../api/schema.d.ts'
import { Operation } from '../../trace/operation.tsx'
import { formatCount, formatDuration, formatShare } from '../../ui/format.ts'
import type { ServiceName } from '../../ui/service-colour.ts'
import { ServiceText, Swatch } from '../../ui/service-label.tsx'
import { ShareBar } from '../../ui/share-bar.tsx'
import { nanoseconds } from '../../ui/units.ts'
import type { PathRow } from './rows.ts'

const ROWS_MAX = 10

interface Props {
  title: string
  what: 'Service' | 'Operation'
  rows: readonly PathRow[]
  /** All that were told apart. */
  count: number
  others: SchemaOtherPathTime
  /** Traces that are added up. */
  traces: number
  colours: ReadonlyMap<ServiceName, string>
  onNarrow: (operation: SchemaOperationRef) => void
}

const COLUMNS = ['Mean', 'p50', 'p95', 'Max', 'Traces'] as const

export function PathTable({ title, what, rows, count, others, traces, colours, onNarrow }: Props) {
  const [isWhole, setWhole] = useState(false)
  const shown = isWhole ? rows : rows.slice(0, ROWS_MAX)
  return (
    <section aria-label={title}>
      <h2>
        {title} <span className="muted">{formatCount(count)}</span>
      </h2>
      <div className="paths__scroll">
        <table className="paths__table">
          <thead>
            <tr>
              <th scope="col">{what}</th>
              <th scope="col" className="paths__share">
                Share of all time
              </th>
              {COLUMNS.map(column => (
                <th key={column} scope="col" data-number="true">
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map(row => (
              <Row key={row.id} row={row} what={what} traces={traces} colours={colours} onNarrow={onNarrow} />
            ))}
            {others.total_ns === 0 ? null : (
              <tr>
                <th scope="row" className="muted">
                  All others
                </th>
                <td>
                  <ShareBar words={formatShare(others.share)} share={others.share} colour="var(--idle)" />
                </td>
                <td colSpan={COLUMNS.length} />
              </tr>
            )}
          </tbody>
        </table>
      </div>
      {rows.length <= ROWS_MAX ? null : (
        <button type="button" className="link-button" onClick={() => setWhole(!isWhole)}>
          {isWhole ? 'Show fewer' : `Show ${formatCount(rows.length - ROWS_MAX)} more`}
        </button>
      )}
    </section>
  )
}

interface RowProps extends Pick<Props, 'what' | 'traces' | 'colours' | 'onNarrow'> {
  row: PathRow
}

function Row({ row: { operation, time }, what, traces, colours, onNarrow }: RowProps) {
  const colour = colours.get(operation.service) ?? 'var(--idle)'
  return (
    <tr>
      <th scope="row">
        <button
          type="button"
          className="paths__name"
          title="Narrow the search to these spans"
          onClick={() => onNarrow(operation)}
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
      <td>
        <ShareBar
          words={formatShare(time.share)}
          share={time.share}
          colour={colour}
          title={`${formatDuration(nanoseconds(time.total_ns))} in all`}
        />
      </td>
      {[time.mean_ns, time.p50_ns, time.p95_ns, time.max_ns].map((ns, column) => (
        <td key={COLUMNS[column]} data-number="true">
          {formatDuration(nanoseconds(ns))}
        </td>
      ))}
      <td data-number="true" title={`On the critical path of ${time.trace_count} of ${traces} traces`}>
        {formatShare(time.trace_count / traces)}
      </td>
    </tr>
  )
}
