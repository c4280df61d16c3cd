// The spans of a trace in numbers: each alone, or a row for each operation of a service.

import { ArrowDown, ArrowUp } from 'lucide-react'
import { useMemo, useRef } from 'react'
import { formatCount, formatDuration, formatShare } from '../ui/format.ts'
import { ErrorWord } from '../ui/mark.tsx'
import { ServiceText, Swatch } from '../ui/service-label.tsx'
import { nanoseconds } from '../ui/units.ts'
import { keyAt, rowOfKey } from './ids.ts'
import { VIEW } from './places.ts'
import type { Reading } from './reading.ts'
import { durationOf, spanAt } from './span.ts'
import './table.css'
import {
  GROUP_COLUMNS,
  type GroupColumn,
  type GroupRow,
  groupOrder,
  groupRows,
  type Order,
  orderText,
  SPAN_COLUMNS,
  type SpanColumn,
  spanOrder,
  spanRows,
} from './table-rows.ts'
import { ROW_HEIGHT, useRowInSight, useRows } from './use-rows.ts'
import type { Looking } from './view.ts'

interface Props {
  reading: Reading
  looking: Looking
}

export function SpanTable({ reading, looking }: Props) {
  const { search, change } = looking
  const isGrouped = search.group === 'operation'
  return (
    <div className="span-table">
      <div className="span-table__bar">
        <fieldset className="switcher">
          <legend className="visually-hidden">Rows</legend>
          <button
            type="button"
            className="button"
            aria-pressed={!isGrouped}
            onClick={() => change({ group: undefined, sort: undefined })}
          >
            Spans
          </button>
          <button
            type="button"
            className="button"
            aria-pressed={isGrouped}
            onClick={() => change({ group: 'operation', sort: undefined })}
          >
            By operation
          </button>
        </fieldset>
      </div>
      {isGrouped ? (
        <Groups reading={reading} looking={looking} />
      ) : (
        <Spans reading={reading} looking={looking} />
      )}
    </div>
  )
}

function Spans({ reading, looking }: Props) {
  const { sort } = looking.search
  const order = useMemo(() => spanOrder(sort), [sort])
  const rows = useMemo(() => spanRows(reading, order), [reading, order])
  const selected = rowOfKey(reading.trace, looking.view.selected)
  return (
    <Grid
      caption="Spans"
      columns={SPAN_COLUMNS}
      order={order}
      rows={rows}
      layout="spans"
      onOrder={next => looking.change({ sort: orderText(next) }, true)}
      onPress={row => looking.select(keyAt(reading.trace, row))}
      isSelected={row => row === selected}
      cellOf={(row, column) => <SpanCell reading={reading} row={row} column={column} />}
    />
  )
}

function SpanCell({ reading, row, column }: { reading: Reading; row: number; column: SpanColumn }) {
  const span = spanAt(reading.trace, row)
  switch (column) {
    case 'service':
      return (
        <>
          <Swatch colour={reading.colouring(row)} /> <ServiceText service={span.service} />
        </>
      )
    case 'name':
      return span.name || <em className="muted">no name</em>
    case 'start':
      return span.oddity === 'no start' ? 'not known' : `+${formatDuration(span.start)}`
    case 'duration':
      return durationOf(span)
    case 'self':
      return formatDuration(nanoseconds(reading.self[row] ?? 0))
    case 'status':
      return span.status === 'error' ? (
        <ErrorWord>error</ErrorWord>
      ) : (
        <span className="muted">{span.status === 'ok' ? 'ok' : 'not set'}</span>
      )
  }
}

function Groups({ reading, looking }: Props) {
  const { sort } = looking.search
  const order = useMemo(() => groupOrder(sort), [sort])
  const rows = useMemo(() => groupRows(reading, order), [reading, order])
  const selected = rowOfKey(reading.trace, looking.view.selected)
  return (
    <Grid
      caption="Operations"
      columns={GROUP_COLUMNS}
      order={order}
      rows={rows}
      layout="groups"
      onOrder={next => looking.change({ sort: orderText(next) }, true)}
      // The longest is the one to look at.
      onPress={({ longestRow }) => looking.select(keyAt(reading.trace, longestRow))}
      isSelected={({ longestRow }) => longestRow === selected}
      cellOf={(row, column) => <GroupCell reading={reading} row={row} column={column} />}
    />
  )
}

function GroupCell({ reading, row, column }: { reading: Reading; row: GroupRow; column: GroupColumn }) {
  switch (column) {
    case 'service':
      return (
        <>
          <Swatch colour={reading.colours.get(row.service)} /> <ServiceText service={row.service} />
        </>
      )
    case 'name':
      return row.name || <em className="muted">no name</em>
    case 'count':
      return formatCount(row.count)
    case 'errors':
      return row.errors === 0 ? '0' : <ErrorWord>{formatCount(row.errors)}</ErrorWord>
    case 'share':
      return formatShare(row.share)
    default:
      return formatDuration(nanoseconds(row[column]))
  }
}

interface GridProps<Row, Column extends string> {
  caption: string
  columns: Record<Column, { words: string; isNumber: boolean }>
  order: Order<Column>
  rows: readonly Row[]
  layout: 'spans' | 'groups'
  onOrder: (order: Order<Column>) => void
  onPress: (row: Row) => void
  isSelected: (row: Row) => boolean
  cellOf: (row: Row, column: Column) => React.ReactNode
}

/** Only the rows in sight are in the document. */
function Grid<Row, Column extends string>(props: GridProps<Row, Column>) {
  const { caption, columns, order, rows, layout, onOrder, onPress, isSelected, cellOf } = props
  const scroller = useRef<HTMLDivElement>(null)
  const { first, last, slots } = useRows(scroller, rows.length)
  useRowInSight(scroller, rows.findIndex(isSelected))
  const names = Object.keys(columns) as Column[]
  const onClick = (event: React.MouseEvent, row: Row) => {
    onPress(row)
    // Its element may soon be another row's: the keys of a pointer's hand are those of the table.
    if (event.detail > 0) scroller.current?.focus({ preventScroll: true })
  }
  return (
    <div
      ref={scroller}
      id={VIEW}
      className={`grid grid--${layout}`}
      role="table"
      aria-label={caption}
      aria-rowcount={rows.length + 1}
      tabIndex={0}
    >
      <div role="rowgroup" className="grid__head">
        <div role="row" className="grid__row" aria-rowindex={1}>
          {names.map(name => (
            <Head key={name} name={name} {...columns[name]} order={order} onOrder={onOrder} />
          ))}
        </div>
      </div>
      <div role="rowgroup" className="grid__rows" style={{ height: rows.length * ROW_HEIGHT }}>
        {rows.slice(first, last).map((row, offset) => (
          <div
            // biome-ignore lint/suspicious/noArrayIndexKey: an element is reused for the row that comes in for one that left
            key={(first + offset) % slots}
            role="row"
            className="grid__row grid__row--placed"
            aria-rowindex={first + offset + 2}
            aria-current={isSelected(row) ? 'true' : undefined}
            style={{ transform: `translateY(${(first + offset) * ROW_HEIGHT}px)` }}
          >
            {names.map(name => (
              <span
                key={name}
                role="cell"
                className={columns[name].isNumber ? 'grid__cell mono' : 'grid__cell'}
                data-number={columns[name].isNumber}
              >
                {name === 'name' ? (
                  <button type="button" className="grid__link" onClick={event => onClick(event, row)}>
                    {cellOf(row, name)}
                  </button>
                ) : (
                  cellOf(row, name)
                )}
              </span>
            ))}
          </div>
        ))}
      </div>
    </div>
  )
}

interface HeadProps<Column extends string> {
  name: Column
  words: string
  isNumber: boolean
  order: Order<Column>
  onOrder: (order: Order<Column>) => void
}

function Head<Column extends string>({ name, words, isNumber, order, onOrder }: HeadProps<Column>) {
  const isSorted = order.column === name
  const Icon = order.isDescending ? ArrowDown : ArrowUp
  const isDescending = isSorted ? !order.isDescending : isNumber
  return (
    <span
      role="columnheader"
      aria-sort={isSorted ? (order.isDescending ? 'descending' : 'ascending') : 'none'}
      data-number={isNumber}
      className="grid__cell"
    >
      <button type="button" className="grid__sort" onClick={() => onOrder({ column: name, isDescending })}>
        {words}
        {isSorted ? <Icon size={12} aria-hidden="true" /> : null}
      </button>
    </span>
  )
}
