// The spans of a trace that matched, below its row.

import { Link } from '@tanstack/react-router'
import type { SchemaAnyValue, SchemaSpanItem, SchemaTraceItem } from '../api/schema.d.ts'
import { paths } from '../app/paths.ts'
import { counted, formatCount, formatDuration } from '../ui/format.ts'
import { ErrorWord } from '../ui/mark.tsx'
import { ServiceText, Swatch } from '../ui/service-label.tsx'
import { milliseconds, nanoseconds, nsOfMs } from '../ui/units.ts'
import { coloursIn } from './services.tsx'
import { literalOf } from './traceql/literal.ts'

/** As in the style sheet: the list knows its rows' heights without measuring them. */
const LINE_HEIGHT = 24
const HEAD_HEIGHT = 24
const PADDING = 12

export function matchedHeight({ spans, matched }: SchemaTraceItem): number {
  const lines = spans?.length ?? 0
  const rest = (matched ?? 0) > lines ? 1 : 0
  return HEAD_HEIGHT + (lines + rest) * LINE_HEIGHT + PADDING
}

export function MatchedSpans({ trace }: { trace: SchemaTraceItem }) {
  const colours = coloursIn(trace.services)
  const spans = trace.spans ?? []
  const matched = trace.matched ?? spans.length
  return (
    <div className="matched" style={{ height: matchedHeight(trace) }}>
      <table className="matched__spans" aria-label="Spans that matched">
        <thead>
          <tr>
            <th scope="col" className="matched__head">
              Span
            </th>
            <th scope="col" className="matched__head">
              After
            </th>
            <th scope="col" className="matched__head">
              Duration
            </th>
            <th scope="col" className="matched__head">
              Status
            </th>
            <th scope="col" className="matched__head">
              What the query names
            </th>
          </tr>
        </thead>
        <tbody>
          {spans.map(span => (
            <tr key={span.span_id}>
              <td className="matched__cell matched__name">
                <Swatch colour={colours.get(span.service ?? null)} />
                <Link
                  to={paths.trace}
                  params={{ traceId: trace.trace_id }}
                  search={{ span: span.span_id }}
                  title={span.name}
                >
                  <strong>
                    <ServiceText service={span.service ?? null} />
                  </strong>{' '}
                  {span.name}
                </Link>
              </td>
              <td className="matched__cell mono">{offsetText(span, trace)}</td>
              <td className="matched__cell mono">{formatDuration(nsOfMs(milliseconds(span.duration_ms)))}</td>
              <td className="matched__cell">
                {span.status === 'error' ? (
                  <ErrorWord>error</ErrorWord>
                ) : (
                  <span className="muted">{span.status}</span>
                )}
              </td>
              <td className="matched__cell matched__attributes">
                <Attributes span={span} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {matched > spans.length ? (
        <p className="matched__rest muted">
          The first {formatCount(spans.length)} of {counted(matched, 'span')} that matched.{' '}
          <Link to={paths.trace} params={{ traceId: trace.trace_id }}>
            Open the trace
          </Link>
        </p>
      ) : null}
    </div>
  )
}

function Attributes({ span }: { span: SchemaSpanItem }) {
  // The status has a column of its own.
  const shown = span.attributes.filter(({ key }) => key !== 'status')
  return shown.map(({ key, value }) => (
    <code key={key} className="matched__attribute" title={`${key} = ${valueText(value)}`}>
      <span className="muted">{key}</span> {valueText(value)}
    </code>
  ))
}

/** Of maps and lists only that they are there. */
function valueText(value: SchemaAnyValue): string {
  return literalOf(value) ?? (value.doubleValue == null ? '…' : String(value.doubleValue))
}

function offsetText(span: SchemaSpanItem, trace: SchemaTraceItem): string {
  const offset = Number(BigInt(span.start_time_unix_nano) - BigInt(trace.start_time_unix_nano))
  return offset === 0 ? '0' : formatDuration(nanoseconds(offset))
}
