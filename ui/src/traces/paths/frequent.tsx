// The ways that critical paths take through services, the most frequent first.

import { Link } from '@tanstack/react-router'
import { ChevronRight } from 'lucide-react'
import { Fragment } from 'react'
import type { SchemaAggregatePath, SchemaFrequentPath } from '../../api/schema.d.ts'
import { paths } from '../../app/paths.ts'
import { counted, formatCount, formatDuration, formatShare } from '../../ui/format.ts'
import type { ServiceName } from '../../ui/service-colour.ts'
import { ServiceText, Swatch } from '../../ui/service-label.tsx'
import { nanoseconds } from '../../ui/units.ts'

interface Props {
  path: SchemaAggregatePath
  colours: ReadonlyMap<ServiceName, string>
}

export function FrequentPaths({ path, colours }: Props) {
  const rest = path.path_count - path.paths.length
  return (
    <section aria-label="Frequent paths">
      <h2>
        Paths <span className="muted">{formatCount(path.path_count)}</span>
      </h2>
      <ol className="ways">
        {path.paths.map(one => (
          <Way key={JSON.stringify(one.services)} way={one} traces={path.trace_count} colours={colours} />
        ))}
      </ol>
      {rest <= 0 ? null : <p className="muted">{counted(rest, 'less frequent path')} are not listed.</p>}
    </section>
  )
}

interface WayProps {
  way: SchemaFrequentPath
  traces: number
  colours: Props['colours']
}

function Way({ way, traces, colours }: WayProps) {
  return (
    <li>
      <span className="ways__count mono" title={counted(way.trace_count, 'trace')}>
        {formatShare(way.trace_count / traces)}
      </span>
      <span className="ways__services">
        {way.services.map((service, place) => (
          <Fragment key={service ?? ''}>
            {place === 0 ? null : <ChevronRight size={12} aria-hidden="true" className="muted" />}
            <span className="ways__service">
              <Swatch colour={colours.get(service)} />
              <ServiceText service={service} />
            </span>
          </Fragment>
        ))}
        {way.more_services === 0 ? null : (
          <span className="muted"> and {counted(way.more_services, 'other')}</span>
        )}
      </span>
      <span className="ways__times">
        mean <span className="mono">{formatDuration(nanoseconds(way.mean_ns))}</span>,{' '}
        <Link to={paths.trace} params={{ traceId: way.slowest_trace_id }} search={{ cp: 1 }}>
          slowest {formatDuration(nanoseconds(way.slowest_ns))}
        </Link>
      </span>
    </li>
  )
}
