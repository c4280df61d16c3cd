// The newest traces as a table. A row is one link, so that everything which works on a link works on it.

import { Link } from '@tanstack/react-router'
import { memo } from 'react'
import type { SchemaServiceItem, SchemaTraceItem } from '../api/schema.d.ts'
import { paths } from '../app/paths.ts'
import { useNow } from '../ui/clock.ts'
import {
  counted,
  formatAge,
  formatClock,
  formatCount,
  formatDay,
  formatDuration,
  formatMoment,
} from '../ui/format.ts'
import { ErrorWord, Mark } from '../ui/mark.tsx'
import { ServiceText } from '../ui/service-label.tsx'
import {
  type EpochMilliseconds,
  type EpochNanoseconds,
  epochNanoseconds,
  milliseconds,
  millisecondsOf,
  nsOfMs,
  parseMoment,
} from '../ui/units.ts'

/** More services than this are counted instead of named. */
const NAMED_SERVICES_MAX = 4

interface Props {
  traces: SchemaTraceItem[]
  /** Whether other rows are on their way. */
  isOld: boolean
}

export function TracesTable({ traces, isOld }: Props) {
  const longest = Math.max(...traces.map(trace => trace.duration_ms))
  return (
    <table className="traces" aria-busy={isOld} data-old={isOld}>
      <thead>
        <tr>
          <th scope="col">Started</th>
          <th scope="col">Trace</th>
          <th scope="col" className="traces__number">
            Duration
          </th>
          <th scope="col" className="traces__number">
            Spans
          </th>
          <th scope="col">Errors</th>
          <th scope="col" className="traces__services">
            Services
          </th>
        </tr>
      </thead>
      <tbody>
        {traces.map(trace => (
          <TraceRow key={trace.trace_id} trace={trace} longest={longest} />
        ))}
      </tbody>
    </table>
  )
}

const TraceRow = memo(function TraceRow({ trace, longest }: { trace: SchemaTraceItem; longest: number }) {
  const startedAt = parseMoment(trace.start_time_unix_nano)
  return (
    <tr className="traces__row">
      <td className="traces__started">{startedAt === null ? '–' : <Started at={startedAt} />}</td>
      <td className="traces__trace">
        <Link
          to={paths.trace}
          params={{ traceId: trace.trace_id }}
          className="traces__link"
          data-trace={trace.trace_id}
        >
          <RootName trace={trace} />
        </Link>
      </td>
      <td className="traces__number">
        <DurationCell trace={trace} longest={longest} />
      </td>
      <td className="traces__number mono">{formatCount(trace.span_count)}</td>
      <td>
        {trace.error_count === 0 ? (
          <span className="muted">none</span>
        ) : (
          <ErrorWord>{counted(trace.error_count, 'error')}</ErrorWord>
        )}
      </td>
      <td className="traces__services">
        <Services services={trace.services} />
      </td>
    </tr>
  )
})

function RootName({ trace }: { trace: SchemaTraceItem }) {
  if (trace.root_service == null && trace.root_name == null) {
    return <em className="muted">the root span did not come</em>
  }
  return (
    <>
      <strong>
        <ServiceText service={trace.root_service ?? null} />
      </strong>{' '}
      {trace.root_name ?? ''}
    </>
  )
}

function Started({ at }: { at: EpochNanoseconds }) {
  const now = useNow()
  return (
    <time dateTime={new Date(millisecondsOf(at)).toISOString()} title={formatMoment(at)}>
      <span className="mono">
        {dayUnlessToday(at, now)}
        {formatClock(at)}
      </span>{' '}
      <span className="traces__age muted">{ageWords(at, now)}</span>
    </time>
  )
}

function dayUnlessToday(at: EpochNanoseconds, now: EpochMilliseconds): string {
  const day = formatDay(at)
  const today = formatDay(epochNanoseconds(BigInt(now) * 1_000_000n))
  return day === today ? '' : `${day} `
}

function ageWords(at: EpochNanoseconds, now: EpochMilliseconds): string {
  const age = milliseconds(now - millisecondsOf(at))
  if (age < -1000) return `in ${formatAge(milliseconds(-age))}`
  const words = formatAge(age)
  return words === 'now' ? 'now' : `${words} ago`
}

function DurationCell({ trace, longest }: { trace: SchemaTraceItem; longest: number }) {
  const part = longest > 0 ? trace.duration_ms / longest : 0
  return (
    <span className="duration">
      <span className="duration__bar" aria-hidden="true">
        <span style={{ width: `${(part * 100).toFixed(2)}%` }} />
      </span>
      <span className="duration__text mono">{formatDuration(nsOfMs(milliseconds(trace.duration_ms)))}</span>
    </span>
  )
}

/** Without colours: those are given within a trace, and one service would have another in every row. */
function Services({ services }: { services: SchemaServiceItem[] }) {
  // Those with errors first, then those with most spans: what is left out matters least.
  const byWeight = services.toSorted((a, b) => b.error_count - a.error_count || b.span_count - a.span_count)
  const named = byWeight.slice(0, NAMED_SERVICES_MAX)
  const rest = byWeight.slice(NAMED_SERVICES_MAX)
  return (
    <span className="services" title={byWeight.map(titleOf).join('\n')}>
      {named.map(service => (
        <span key={service.name ?? ''} className="services__one">
          {service.error_count > 0 ? <Mark state="bad" /> : null}
          <ServiceText service={service.name ?? null} />
          <span className="services__spans muted">{formatCount(service.span_count)}</span>
        </span>
      ))}
      {rest.length === 0 ? null : <span className="muted">and {rest.length} more</span>}
    </span>
  )
}

function titleOf(service: SchemaServiceItem): string {
  const errors = service.error_count === 0 ? '' : `, ${counted(service.error_count, 'error')}`
  return `${service.name ?? 'unnamed'}: ${counted(service.span_count, 'span')}${errors}`
}
