// What a service does, by the names of its spans.

import { Link } from '@tanstack/react-router'
import { useRef } from 'react'
import type { SchemaNodeItem, SchemaOperationItem, SchemaSignals } from '../api/schema.d.ts'
import type { TimeRange } from '../api/time-range.ts'
import { useHotkeys } from '../app/hotkeys.ts'
import { paths } from '../app/paths.ts'
import { amountText, latencyText } from '../graph/signal-text.ts'
import { type Order, orderOf, sortSearch } from '../topology/columns.ts'
import { SortedTable } from '../topology/table.tsx'
import { ErrorShare } from './cells.tsx'
import { OPERATION_COLUMNS } from './columns.ts'
import { tracesSearch } from './links.ts'
import { focusRow } from './rows.ts'
import type { ServiceSearch } from './search.ts'
import type { TabProps } from './signals-tab.tsx'
import { operationQuery } from './traceql.ts'

interface Props extends TabProps {
  node: SchemaNodeItem | null
  signals: SchemaSignals
  search: ServiceSearch
}

const MOST_FIRST: Order = { column: 'count', isDescending: true }

export function OperationsTab({ node, signals, search, question, actions }: Props) {
  const table = useRef<HTMLDivElement>(null)
  useHotkeys({
    nextRow: () => focusRow(table.current, 1),
    previousRow: () => focusRow(table.current, -1),
  })
  const { operations } = signals
  if (operations.length === 0)
    return <p className="muted">It sends no spans of its own, so what it does is not known.</p>
  const names = node?.aliases ?? []
  return (
    <div className="services-table" ref={table}>
      <SortedTable
        caption="Operations"
        columns={OPERATION_COLUMNS}
        rows={operations}
        order={orderOf(search.sort, OPERATION_COLUMNS, MOST_FIRST)}
        idOf={idOf}
        cellOf={(operation, column) => cellOf(operation, column, names, question.range)}
        isSelected={nobody}
        onOrder={order => actions.sort(sortSearch(order))}
      />
    </div>
  )
}

const idOf = ({ kind, operation }: SchemaOperationItem) => `${kind} ${operation ?? ''}`
const nobody = () => false

function cellOf(item: SchemaOperationItem, column: string, names: readonly string[], range: TimeRange) {
  const { operation, kind } = item
  switch (column) {
    case 'operation':
      if (operation === null) return <span className="muted">all others</span>
      // Before it is known what its spans call it, there is nothing to search for.
      if (names.length === 0) return operation
      return (
        <Link
          to={paths.traces}
          search={tracesSearch(operationQuery(names, operation, kind), range)}
          className="row-link operation"
          data-row={idOf(item)}
          title={operation}
        >
          {operation}
        </Link>
      )
    case 'kind':
      return kind
    case 'count':
      return amountText(item.count)
    case 'errors':
      return item.errors === 0 ? <span className="muted">0</span> : amountText(item.errors)
    case 'share':
      return <ErrorShare share={item.error_rate} />
    case 'p50':
      return latencyText(item.p50_ms)
    case 'p95':
      return latencyText(item.p95_ms)
    case 'p99':
      return latencyText(item.p99_ms)
    default:
      return null
  }
}
