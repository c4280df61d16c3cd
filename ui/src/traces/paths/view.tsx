// What the traces that a search finds waited for: their critical paths, added up. A click narrows the search.

import type { UseQueryResult } from '@tanstack/react-query'
import { useMemo } from 'react'
import type { SchemaAggregatePath, SchemaOperationRef } from '../../api/schema.d.ts'
import { FailureView } from '../../app/failure-view.tsx'
import { Banner } from '../../ui/banner.tsx'
import { counted, formatCount, formatDuration } from '../../ui/format.ts'
import { serviceColours } from '../../ui/service-colour.ts'
import { nanoseconds } from '../../ui/units.ts'
import { withClause } from '../traceql/query.ts'
import { FrequentPaths } from './frequent.tsx'
import { PathTable } from './path-table.tsx'
import './paths.css'
import { clausesOf, leftOutWords, operationRows, serviceRows } from './rows.ts'

interface Props {
  answer: UseQueryResult<SchemaAggregatePath>
  q: string | undefined
  /** Whether the server did not understand the query: the bar says so. */
  isRefused: boolean
  onAsk: (query: string) => void
}

export function PathsView({ answer, q, isRefused, onAsk }: Props) {
  const { data, error, isPlaceholderData, refetch } = answer
  if (isRefused) return null
  if (data === undefined) {
    if (error !== null) return <FailureView error={error} onRetry={() => void refetch()} />
    return (
      <div className="paths__waiting" role="status" aria-label="Adding up the critical paths">
        <span className="skeleton" style={{ width: '48%' }} />
        <span className="skeleton" style={{ width: '100%', height: 200 }} />
      </div>
    )
  }
  const narrow = (operation: SchemaOperationRef) => onAsk(clausesOf(operation).reduce(withClause, q ?? ''))
  return (
    <div className="paths" data-old={isPlaceholderData} aria-busy={isPlaceholderData}>
      {data.partial == null ? null : <Banner state="warn">There may be newer traces: {data.partial}</Banner>}
      {error === null ? null : <Banner state="bad">The paths could not be renewed: {error.message}</Banner>}
      {data.trace_count === 0 ? <None path={data} /> : <Paths path={data} onNarrow={narrow} />}
    </div>
  )
}

function None({ path }: { path: SchemaAggregatePath }) {
  const leftOut = leftOutWords(path.left_out)
  return (
    <section className="message">
      <h2 className="message__title">No trace to add up</h2>
      <p>{leftOut === '' ? 'The search finds none in this time.' : `Left out: ${leftOut}.`}</p>
    </section>
  )
}

interface PathsProps {
  path: SchemaAggregatePath
  onNarrow: (operation: SchemaOperationRef) => void
}

function Paths({ path, onNarrow }: PathsProps) {
  const colours = useMemo(() => serviceColours(path.services.map(({ service }) => service)), [path])
  const [services, operations] = useMemo(() => [serviceRows(path), operationRows(path)], [path])
  const leftOut = leftOutWords(path.left_out)
  const time = (ns: number) => formatDuration(nanoseconds(ns))
  const { duration, trace_count, rootless_count } = path
  return (
    <>
      <p className="paths__head">
        What <strong>{counted(trace_count, 'trace')}</strong> waited for: half took up to{' '}
        <strong className="mono">{time(duration.p50_ns)}</strong>, 95 % up to{' '}
        <strong className="mono">{time(duration.p95_ns)}</strong>, the slowest{' '}
        <strong className="mono">{time(duration.max_ns)}</strong>.
        <span className="muted">
          {rootless_count === 0 ? '' : ` Of ${formatCount(rootless_count)} the root did not come.`}
          {leftOut === '' ? '' : ` Left out: ${leftOut}.`}
        </span>
      </p>
      <PathTable
        title="Services"
        what="Service"
        rows={services}
        count={path.service_count}
        others={path.other_services}
        traces={trace_count}
        colours={colours}
        onNarrow={onNarrow}
      />
      <PathTable
        title="Operations"
        what="Operation"
        rows={operations}
        count={path.operation_count}
        others={path.other_operations}
        traces={trace_count}
        colours={colours}
        onNarrow={onNarrow}
      />
      <FrequentPaths path={path} colours={colours} />
    </>
  )
}
