// What a span says of moments in it, and of other spans.

import { Link } from '@tanstack/react-router'
import type { SchemaEvent, SchemaSpan } from '../api/schema.d.ts'
import { paths } from '../app/paths.ts'
import { formatDuration, formatMoment } from '../ui/format.ts'
import { between, parseMoment } from '../ui/units.ts'
import { Attributes } from './attributes.tsx'
import type { Trace } from './columns.ts'

interface Props {
  trace: Trace
  otlp: SchemaSpan
}

export function SpanEvents({ trace, otlp }: Props) {
  return (
    <ol>
      {(otlp.events ?? []).map((event, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: events have no id and never move
        <li key={place} className="panel__item">
          <p className="panel__line">
            <strong>{event.name || 'no name'}</strong>{' '}
            <span className="mono muted">{whenOf(event, trace)}</span>
          </p>
          <Attributes
            trace={trace}
            scope="event"
            attributes={event.attributes}
            dropped={event.droppedAttributesCount}
          />
        </li>
      ))}
    </ol>
  )
}

function whenOf(event: SchemaEvent, trace: Trace): string {
  const at = parseMoment(event.timeUnixNano)
  if (at === null) return 'no time'
  return trace.startedAt === null ? formatMoment(at) : `+${formatDuration(between(trace.startedAt, at))}`
}

export function SpanLinks({ trace, otlp }: Props) {
  return (
    <ul>
      {(otlp.links ?? []).map((link, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the same span may be linked twice, and links never move
        <li key={place} className="panel__item">
          <Link
            to={paths.trace}
            params={{ traceId: link.traceId }}
            search={{ span: link.spanId }}
            className="mono"
          >
            {link.traceId} / {link.spanId}
          </Link>
          {link.traceState ? <p className="panel__line mono">{link.traceState}</p> : null}
          <Attributes
            trace={trace}
            scope="link"
            attributes={link.attributes}
            dropped={link.droppedAttributesCount}
          />
        </li>
      ))}
    </ul>
  )
}
