// A row of the list: one link, so that everything which works on a link works on it.

import { Link } from '@tanstack/react-router'
import { ChevronRight } from 'lucide-react'
import { memo } from 'react'
import type { SchemaTraceItem } from '../api/schema.d.ts'
import { paths } from '../app/paths.ts'
import { counted, formatCount, formatDuration } from '../ui/format.ts'
import { ErrorWord } from '../ui/mark.tsx'
import { milliseconds, nsOfMs, parseMoment } from '../ui/units.ts'
import { MatchedSpans } from './matched.tsx'
import { RootName } from './root-name.tsx'
import { ServiceBar, Services } from './services.tsx'
import { Started } from './started.tsx'

interface Props {
  trace: SchemaTraceItem
  /** From 0. */
  place: number
  /** Duration of the longest trace that is shown. */
  longest: number
  /** Whether the spans that matched are known. */
  hasMatched: boolean
  isOpen: boolean
  onToggle: (id: string) => void
}

export const COLUMNS = { plain: 6, matched: 8 }

export const TraceRow = memo(function TraceRow({
  trace,
  place,
  longest,
  hasMatched,
  isOpen,
  onToggle,
}: Props) {
  const startedAt = parseMoment(trace.start_time_unix_nano)
  return (
    <>
      {/* The head is the first row. */}
      <tr className="traces__row" aria-rowindex={place + 2}>
        {hasMatched ? (
          <td className="traces__toggle">
            <button
              type="button"
              className="traces__button"
              aria-expanded={isOpen}
              aria-label={`Spans that matched in ${trace.root_name ?? trace.trace_id}`}
              onClick={() => onToggle(trace.trace_id)}
            >
              <ChevronRight size={14} aria-hidden="true" />
            </button>
          </td>
        ) : null}
        <td className="traces__started">{startedAt === null ? '–' : <Started at={startedAt} />}</td>
        <td className="traces__trace">
          <Link
            to={paths.trace}
            params={{ traceId: trace.trace_id }}
            // The first that the query found, if there is one.
            search={spanOf(trace)}
            className="traces__link"
            data-trace={trace.trace_id}
          >
            <RootName trace={trace} />
          </Link>
        </td>
        <td className="traces__number">
          <DurationCell trace={trace} longest={longest} />
        </td>
        <td className="traces__number">
          <span className="traces__spans">
            <ServiceBar services={trace.services} />
            <span className="mono">{formatCount(trace.span_count)}</span>
          </span>
        </td>
        {hasMatched ? <td className="traces__number mono">{formatCount(trace.matched ?? 0)}</td> : null}
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
      {hasMatched && isOpen ? (
        <tr className="traces__more">
          <td colSpan={COLUMNS.matched}>
            <MatchedSpans trace={trace} />
          </td>
        </tr>
      ) : null}
    </>
  )
})

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

function spanOf({ spans }: SchemaTraceItem): { span?: string } {
  const [first] = spans ?? []
  return first === undefined ? {} : { span: first.span_id }
}
