// A table that sorts by any column, for thousands of rows of which few are looked at.

import { ArrowDown, ArrowUp } from 'lucide-react'
import { useMemo, useState } from 'react'
import { formatCount } from '../ui/format.ts'
import { type Column, type Order, pressed, sorted } from './columns.ts'
import './table.css'

/** More rows are shown on demand: a live table is written anew every second. */
const ROWS = 100

interface Props<Row> {
  /** What the table is of, for who hears it. */
  caption: string
  columns: readonly Column<Row>[]
  rows: readonly Row[]
  order: Order
  idOf: (row: Row) => string
  /** A cell's look, by the id of its column. */
  cellOf: (row: Row, column: string) => React.ReactNode
  isSelected: (row: Row) => boolean
  onOrder: (order: Order) => void
}

export function SortedTable<Row>(props: Props<Row>) {
  const { caption, columns, rows, order, idOf, cellOf, isSelected, onOrder } = props
  const [limit, setLimit] = useState(ROWS)
  const inOrder = useMemo(() => sorted(rows, columns, order, idOf), [rows, columns, order, idOf])
  return (
    <>
      <table className="numbers">
        <caption className="visually-hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map(column => (
              <Head key={column.id} column={column} order={order} onOrder={onOrder} />
            ))}
          </tr>
        </thead>
        <tbody>
          {inOrder.slice(0, limit).map(row => (
            <tr key={idOf(row)} aria-current={isSelected(row) ? 'true' : undefined}>
              {columns.map(({ id, isNumber }) => (
                <td key={id} data-number={isNumber}>
                  {cellOf(row, id)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {inOrder.length <= limit ? null : (
        <p className="numbers__more">
          The first {formatCount(limit)} of {formatCount(inOrder.length)}.
          <button type="button" className="button" onClick={() => setLimit(inOrder.length)}>
            Show all
          </button>
        </p>
      )}
    </>
  )
}

interface HeadProps<Row> {
  column: Column<Row>
  order: Order
  onOrder: (order: Order) => void
}

function Head<Row>({ column, order, onOrder }: HeadProps<Row>) {
  const isSorted = order.column === column.id
  const Icon = order.isDescending ? ArrowDown : ArrowUp
  return (
    <th
      scope="col"
      data-number={column.isNumber}
      aria-sort={isSorted ? (order.isDescending ? 'descending' : 'ascending') : 'none'}
    >
      <button type="button" className="numbers__sort" onClick={() => onOrder(pressed(order, column))}>
        {column.title}
        {isSorted ? <Icon size={12} aria-hidden="true" /> : null}
      </button>
    </th>
  )
}
