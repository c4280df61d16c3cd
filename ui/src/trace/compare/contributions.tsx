// Where the difference of two traces' durations comes from: the time of each operation on the critical paths. Together it is
// the whole difference.

import { useState } from 'react'
import type { SchemaTraceComparison } from '../../api/schema.d.ts'
import { counted, formatCount, formatDuration } from '../../ui/format.ts'
import type { ServiceName } from '../../ui/service-colour.ts'
import { DifferenceBar } from '../../ui/share-bar.tsx'
import { nanoseconds } from '../../ui/units.ts'
import { idOf } from '../analysis/work.ts'
import { Operation } from '../operation.tsx'

const ROWS_MAX = 8

interface Props {
  comparison: SchemaTraceComparison
  colours: ReadonlyMap<ServiceName, string>
}

export function Contributions({ comparison, colours }: Props) {
  const { contributions, other_contributions: others, left, right, difference_ns } = comparison
  const [isWhole, setWhole] = useState(false)
  const telling = contributions.filter(one => one.difference_ns !== 0)
  const shown = isWhole ? contributions : telling.slice(0, ROWS_MAX)
  const rest = contributions.length - shown.length
  const most = Math.max(1, ...contributions.map(one => Math.abs(one.difference_ns)))
  return (
    <section aria-label="Where the difference comes from">
      <h2>Where the difference comes from</h2>
      {telling.length === 0 ? (
        <p className="muted">Every operation has as much time on both critical paths.</p>
      ) : null}
      <table className="comparison__table" aria-label="Time on the critical path">
        <Columns first="Operation" />
        <tbody>
          {shown.map(one => (
            <Row
              key={idOf(one.operation)}
              left={one.left_critical_ns}
              right={one.right_critical_ns}
              difference={one.difference_ns}
              most={most}
            >
              <Operation operation={one.operation} colours={colours} />
            </Row>
          ))}
          {others.operation_count === 0 ? null : (
            <Row
              left={others.left_critical_ns}
              right={others.right_critical_ns}
              difference={others.difference_ns}
              most={most}
            >
              <span className="muted">{counted(others.operation_count, 'other operation')}</span>
            </Row>
          )}
        </tbody>
        <tfoot>
          <Row left={left.duration_ns} right={right.duration_ns} difference={difference_ns} most={null}>
            Together
          </Row>
        </tfoot>
      </table>
      {rest <= 0 && !isWhole ? null : (
        <button type="button" className="link-button" onClick={() => setWhole(!isWhole)}>
          {isWhole ? 'Show fewer' : `Show ${formatCount(rest)} more`}
        </button>
      )}
    </section>
  )
}

export function Columns({ first }: { first: string }) {
  return (
    <thead>
      <tr>
        <th scope="col">{first}</th>
        <th scope="col" data-number="true">
          This trace
        </th>
        <th scope="col" data-number="true">
          The other
        </th>
        <th scope="col" className="comparison__difference">
          Difference
        </th>
      </tr>
    </thead>
  )
}

interface RowProps {
  left: number | null
  right: number | null
  difference: number
  /** What the bar is drawn against; null: there is none. */
  most: number | null
  children: React.ReactNode
}

/** A side that has no such spans is a dash. */
export function Row({ left, right, difference, most, children }: RowProps) {
  return (
    <tr>
      <th scope="row">{children}</th>
      <td data-number="true">{timeWords(left)}</td>
      <td data-number="true">{timeWords(right)}</td>
      <td>
        {most === null ? (
          <span className="comparison__sum mono">{signedTime(difference)}</span>
        ) : (
          <DifferenceBar words={signedTime(difference)} share={difference / most} />
        )}
      </td>
    </tr>
  )
}

const timeWords = (ns: number | null) => (ns === null ? '–' : formatDuration(nanoseconds(ns)))

export function signedTime(ns: number): string {
  if (ns === 0) return '0'
  return `${ns > 0 ? '+' : ''}${formatDuration(nanoseconds(ns))}`
}
