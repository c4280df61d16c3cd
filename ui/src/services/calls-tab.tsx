// Who calls the service, and whom it calls.

import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useRef } from 'react'
import { callsQuery } from '../api/queries-services.ts'
import type { SchemaCallItem, SchemaCallLists } from '../api/schema.d.ts'
import type { TimeRange } from '../api/time-range.ts'
import { FailureView } from '../app/failure-view.tsx'
import { useHotkeys } from '../app/hotkeys.ts'
import { paths } from '../app/paths.ts'
import { Sparkline } from '../charts/sparkline.tsx'
import { lastWholeStep } from '../charts/time-series.tsx'
import { amountText, latencyText, rateText, shareText } from '../graph/signal-text.ts'
import { type Order, orderOf, sortSearch } from '../topology/columns.ts'
import { SortedTable } from '../topology/table.tsx'
import { HEALTH_MARK, PROTOCOL_WORDS } from '../topology/words.ts'
import { Banner } from '../ui/banner.tsx'
import { formatCount } from '../ui/format.ts'
import { Mark } from '../ui/mark.tsx'
import { ErrorShare, Rate } from './cells.tsx'
import { CALL_COLUMNS } from './columns.ts'
import { edgeSearch } from './links.ts'
import { peerName, peerParams } from './peers.ts'
import { focusRow } from './rows.ts'
import type { ServiceSearch } from './search.ts'
import { frameOf, growsFrom } from './series.ts'
import type { TabProps } from './signals-tab.tsx'
import { TableSkeleton } from './skeleton.tsx'

interface Props extends TabProps {
  id: string
  search: ServiceSearch
}

/** A share of errors is drawn against no less, so that one in a thousand does not look like an outage. */
const SHARE_TOP = 0.1
const BUSIEST_FIRST: Order = { column: 'requests', isDescending: true }

export function CallsTab({ tenant, question, refresh, search, actions, id }: Props) {
  const query = useQuery(callsQuery(tenant, question, refresh))
  const tables = useRef<HTMLDivElement>(null)
  useHotkeys({
    nextRow: () => focusRow(tables.current, 1),
    previousRow: () => focusRow(tables.current, -1),
  })
  if (query.data === undefined) {
    return query.error === null ? (
      <TableSkeleton rows={8} />
    ) : (
      <FailureView error={query.error} onRetry={() => query.refetch()} />
    )
  }
  if (query.data.data === null) return <p className="muted">No calls of it in this time: {query.data.why}.</p>
  const { inbound, outbound } = query.data.data
  const common = { search, range: question.range, steps: wholeSteps(query.data.data), onSort: actions.sort }
  return (
    <div className="calls" ref={tables}>
      {query.error === null ? null : (
        <Banner state="bad">
          The calls could not be renewed: {query.error.message}
          <button type="button" className="button" onClick={() => query.refetch()}>
            Try again
          </button>
        </Banner>
      )}
      <CallTable
        {...common}
        title="Called by"
        calls={inbound}
        none={`Nobody was seen calling ${id}: requests begin here, or their senders are not known.`}
      />
      <CallTable {...common} title="Calls" calls={outbound} none={`${id} called nobody in this time.`} />
    </div>
  )
}

interface TableProps {
  title: string
  calls: readonly SchemaCallItem[]
  none: string
  search: ServiceSearch
  range: TimeRange
  /** How many of them are over: those that still grow would look like a fall. */
  steps: number
  onSort: (sort: string) => void
}

function CallTable({ title, calls, none, search, range, steps, onSort }: TableProps) {
  return (
    <section className="services-table">
      <h2>
        {title} <span className="muted">{formatCount(calls.length)}</span>
      </h2>
      {calls.length === 0 ? (
        <p className="muted">{none}</p>
      ) : (
        <SortedTable
          caption={title}
          columns={CALL_COLUMNS}
          rows={calls}
          order={orderOf(search.sort, CALL_COLUMNS, BUSIEST_FIRST)}
          idOf={edgeOf}
          cellOf={(call, column) => cellOf(call, column, { range, steps, search })}
          isSelected={nobody}
          onOrder={order => onSort(sortSearch(order))}
        />
      )}
    </section>
  )
}

function wholeSteps(calls: SchemaCallLists): number {
  const frame = frameOf(calls)
  return lastWholeStep({ frame, growsFrom: growsFrom(frame, Date.now() / 1000) }) + 1
}

const edgeOf = ({ edge }: SchemaCallItem) => edge
const nobody = () => false

type CellContext = Pick<TableProps, 'range' | 'steps' | 'search'>

function cellOf(call: SchemaCallItem, column: string, { range, steps, search }: CellContext) {
  const { series } = call
  switch (column) {
    case 'peer':
      return (
        <span className="peer">
          <span title={call.peer_health}>
            <Mark state={HEALTH_MARK[call.peer_health]} />
            <span className="visually-hidden">{call.peer_health}</span>
          </span>
          <Link
            to={paths.service}
            params={peerParams(call)}
            search={{ range: search.range, start: search.start, end: search.end, cmp: search.cmp }}
            className="peer-link"
          >
            {peerName(call)}
          </Link>
          <span className="muted">{call.peer_namespace ?? call.peer_kind}</span>
        </span>
      )
    case 'protocol':
      return (
        <Link
          to={paths.topology}
          search={edgeSearch(call.edge, range)}
          className="row-link"
          data-row={call.edge}
          aria-label={`${PROTOCOL_WORDS[call.protocol]}: the edge ${call.edge} in the topology`}
        >
          {PROTOCOL_WORDS[call.protocol]}
        </Link>
      )
    case 'rate':
      return (
        <span className="spark-cell">
          <Sparkline values={series.rate.slice(0, steps)} label="Rate" format={rateText} />
          <Rate rate={call.rate} />
        </span>
      )
    case 'share':
      return (
        <span className="spark-cell">
          <Sparkline
            values={series.error_rate.slice(0, steps)}
            label="Error share"
            format={shareText}
            tone="bad"
            top={SHARE_TOP}
          />
          <ErrorShare share={call.error_rate} />
        </span>
      )
    case 'p95':
      return (
        <span className="spark-cell">
          <Sparkline values={series.p95_ms.slice(0, steps)} label="p95" format={latencyText} />
          <span>{latencyText(call.p95_ms)}</span>
        </span>
      )
    case 'mtls':
      return call.mtls === null ? <span className="muted">not known</span> : shareText(call.mtls)
    case 'p50':
      return latencyText(call.p50_ms)
    case 'p99':
      return latencyText(call.p99_ms)
    case 'requests':
      return amountText(call.requests)
    default:
      return null
  }
}
