// The traces as a table. Only the rows in sight are in the document, so that a thousand traces scroll, and let somebody
// type above them, as ten do.

import { ArrowDown } from 'lucide-react'
import { memo, useMemo, useRef } from 'react'
import type { SchemaTraceItem } from '../api/schema.d.ts'
import { matchedHeight } from './matched.tsx'
import type { Sort } from './question.ts'
import { COLUMNS, TraceRow } from './row.tsx'
import { useRows } from './use-rows.ts'

/** As in the style sheet, the line below included. */
const ROW_HEIGHT = 31

interface Props {
  traces: SchemaTraceItem[]
  /** Whether other rows are on their way. */
  isOld: boolean
  /** Whether the spans that matched are known. */
  hasMatched: boolean
  sort: Sort | undefined
  onSort: (sort: Sort | undefined) => void
  open: ReadonlySet<string>
  onToggle: (id: string) => void
}

export const TracesTable = memo(function TracesTable(props: Props) {
  const { traces, isOld, hasMatched, sort, onSort, open, onToggle } = props
  const table = useRef<HTMLTableElement>(null)
  const ends = useMemo(() => endsOf(traces, hasMatched ? open : NONE), [traces, hasMatched, open])
  const { first, last, before, after } = useRows(table, ends, ROW_HEIGHT)
  const longest = traces.reduce((most, trace) => Math.max(most, trace.duration_ms), 0)
  const columns = hasMatched ? COLUMNS.matched : COLUMNS.plain
  return (
    <table
      ref={table}
      className="traces"
      aria-label="Traces"
      aria-busy={isOld}
      data-old={isOld}
      data-matched={hasMatched}
      aria-rowcount={traces.length + 1}
    >
      <Head hasMatched={hasMatched} sort={sort} onSort={onSort} />
      <tbody>
        <Gap height={before} columns={columns} />
        {traces.slice(first, last).map((trace, offset) => (
          <TraceRow
            key={trace.trace_id}
            trace={trace}
            place={first + offset}
            longest={longest}
            hasMatched={hasMatched}
            isOpen={open.has(trace.trace_id)}
            onToggle={onToggle}
          />
        ))}
        <Gap height={after} columns={columns} />
      </tbody>
    </table>
  )
})

const NONE: ReadonlySet<string> = new Set()

/** Where each row ends, the spans that are opened below it included. */
function endsOf(traces: readonly SchemaTraceItem[], open: ReadonlySet<string>): number[] {
  let end = 0
  return traces.map(trace => {
    end += ROW_HEIGHT + (open.has(trace.trace_id) ? matchedHeight(trace) + 1 : 0)
    return end
  })
}

/** In the place of rows that are not in sight. */
function Gap({ height, columns }: { height: number; columns: number }) {
  if (height <= 0) return null
  return (
    // biome-ignore lint/a11y/noInteractiveElementToNoninteractiveRole: it is no row, it is where rows would be
    <tr role="presentation">
      <td role="presentation" className="traces__gap" colSpan={columns} style={{ height }} />
    </tr>
  )
}

interface HeadProps {
  hasMatched: boolean
  sort: Sort | undefined
  onSort: (sort: Sort | undefined) => void
}

function Head({ hasMatched, sort, onSort }: HeadProps) {
  const by = (name: Sort | undefined, words: string) => (
    <button type="button" className="traces__sort" onClick={() => onSort(name)}>
      {words}
      {sort === name ? <ArrowDown size={11} aria-hidden="true" /> : null}
    </button>
  )
  const order = (name: Sort | undefined) => (sort === name ? 'descending' : undefined)
  return (
    <thead>
      <tr aria-rowindex={1}>
        {hasMatched ? (
          <th scope="col" className="traces__head traces__head--toggle">
            <span className="visually-hidden">Spans that matched</span>
          </th>
        ) : null}
        <th scope="col" className="traces__head traces__head--started" aria-sort={order(undefined)}>
          {by(undefined, 'Started')}
        </th>
        <th scope="col" className="traces__head">
          Trace
        </th>
        <th
          scope="col"
          className="traces__head traces__head--wide traces__number"
          aria-sort={order('duration')}
        >
          {by('duration', 'Duration')}
        </th>
        <th
          scope="col"
          className="traces__head traces__head--middle traces__number"
          aria-sort={order('spans')}
        >
          {by('spans', 'Spans')}
        </th>
        {hasMatched ? (
          <th scope="col" className="traces__head traces__head--narrow traces__number">
            Matched
          </th>
        ) : null}
        <th scope="col" className="traces__head traces__head--narrow">
          Errors
        </th>
        <th scope="col" className="traces__head traces__head--services">
          Services
        </th>
      </tr>
    </thead>
  )
}
