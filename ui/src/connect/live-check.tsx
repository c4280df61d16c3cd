// Whether spans arrive: the first thing to know while connecting, without a reload.

import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ingestQuery } from '../api/queries-ingest.ts'
import type { Refresh } from '../api/refresh.ts'
import type { SchemaProtocol } from '../api/schema.d.ts'
import { FailureView } from '../app/failure-view.tsx'
import { paths } from '../app/paths.ts'
import { useTenant } from '../app/tenant.ts'
import { Banner } from '../ui/banner.tsx'
import { counted, formatAge, formatCount, formatRate } from '../ui/format.ts'
import { Mark } from '../ui/mark.tsx'
import { type Arrival, type Arrivals, arrivalsOf, namesOf } from './arrivals.ts'

const NAMES = 4
/** More of them stay folded: snippets are what the page is for. */
const ROWS_OPEN = 3
const ROWS = 50

const PROTOCOLS: Record<SchemaProtocol, string> = {
  otlp_grpc: 'OTLP gRPC',
  otlp_http_protobuf: 'OTLP HTTP, protobuf',
  otlp_http_json: 'OTLP HTTP, JSON',
  zipkin_json: 'Zipkin',
  remote_write: 'Prometheus remote write',
  envoy_metrics: 'Envoy’s metrics service',
  scrape: 'scraping',
}

export function LiveCheck({ refresh }: { refresh: Refresh }) {
  const { data, error, refetch } = useQuery(ingestQuery(useTenant(), refresh))
  const arrivals = arrivalsOf(data ?? [])
  if (arrivals === null) {
    return error === null ? <Skeleton /> : <FailureView error={error} onRetry={() => refetch()} />
  }
  return (
    <section className="live-check" aria-label="What arrives">
      {error === null ? null : (
        <Banner state="bad">
          What arrives could not be asked again: {error.message}
          <button type="button" className="button" onClick={() => refetch()}>
            Try again
          </button>
        </Banner>
      )}
      {/* Said once when it changes; the numbers change all the time. */}
      <p className="visually-hidden" role="status">
        {arrivals.senders.length > 0 ? 'Spans are arriving' : 'No spans are arriving'}
      </p>
      <State arrivals={arrivals} isPaused={refresh !== 'live'} />
      {arrivals.senders.length === 0 ? null : <Senders senders={arrivals.senders} />}
      <Refusals arrivals={arrivals} />
    </section>
  )
}

function Skeleton() {
  return (
    <div className="live-check" role="status" aria-label="Loading what arrives">
      <span className="skeleton live-check__skeleton" />
    </div>
  )
}

function State({ arrivals, isPaused }: { arrivals: Arrivals; isPaused: boolean }) {
  const { senders, rate, last } = arrivals
  if (senders.length > 0) {
    return (
      <div className="live-check__state">
        <Mark state="ok" />
        <h2>
          Receiving{rate === null || rate === 0 ? ' spans' : `: ${formatRate(rate).replace('/', ' spans/')}`}{' '}
          from {namesOf(senders, NAMES)}
        </h2>
        <Link to={paths.topology} className="button">
          See the topology
        </Link>
      </div>
    )
  }
  const paused = isPaused ? ' Live updates are paused.' : ''
  return (
    <div className="live-check__state">
      <Mark state="idle" />
      <h2>{last === null ? 'Waiting for your first span' : 'Waiting for spans'}</h2>
      <p className="muted">
        {last === null
          ? `Choose below what sends, paste, and it shows here by itself.${paused}`
          : `Nothing came in the last minute. The last came from ${last.service ?? 'a service without a name'}, ${formatAge(last.ago)} ago.${paused}`}
      </p>
    </div>
  )
}

function Senders({ senders }: { senders: readonly Arrival[] }) {
  const rest = senders.length - ROWS
  return (
    <details className="live-check__senders" open={senders.length <= ROWS_OPEN}>
      <summary>{counted(senders.length, 'sender')} in the last minute</summary>
      <table className="live-check__table">
        <caption className="visually-hidden">Senders of the last minute</caption>
        <thead>
          <tr>
            <th scope="col">Service</th>
            <th scope="col">By</th>
            <th scope="col">SDK</th>
            <th scope="col" data-number="true">
              Spans
            </th>
            <th scope="col" data-number="true">
              Last
            </th>
          </tr>
        </thead>
        <tbody>
          {senders.slice(0, ROWS).map(({ service, protocol, sdk, rate, ago }) => (
            <tr key={`${service} ${protocol} ${sdk}`}>
              <td>{service ?? <span className="muted">without service.name</span>}</td>
              <td>{PROTOCOLS[protocol]}</td>
              <td className="muted">{sdk ?? '–'}</td>
              <td data-number="true">{rate === null ? '–' : formatRate(rate)}</td>
              <td data-number="true">{formatAge(ago)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {rest <= 0 ? null : <p className="muted">and {formatCount(rest)} more</p>}
    </details>
  )
}

function Refusals({ arrivals: { refused } }: { arrivals: Arrivals }) {
  return refused.map(({ protocol, unit, reason, count, message, ago }) => (
    <Banner key={`${protocol} ${unit} ${reason}`} state="warn">
      <span>
        Refused by {PROTOCOLS[protocol]}, {formatAge(ago)} ago: <code>{reason}</code>, {message}
      </span>
      <span className="muted">{counted(count, unit)} since the server started</span>
    </Banner>
  ))
}
