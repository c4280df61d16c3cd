// The services of a trace: who has how many of its spans, as a bar and in words. The colours are those of the trace's own
// view, so a service may have another in another row; its name stands beside it.

import { memo } from 'react'
import type { SchemaServiceItem } from '../api/schema.d.ts'
import { counted } from '../ui/format.ts'
import { Mark } from '../ui/mark.tsx'
import { type ServiceName, serviceColours, UNNAMED } from '../ui/service-colour.ts'
import { ServiceText, Swatch } from '../ui/service-label.tsx'

/** More services than this are counted instead of named. */
const NAMED_MAX = 4

export function coloursIn(services: readonly SchemaServiceItem[]): Map<ServiceName, string> {
  return serviceColours(services.map(({ name }) => name ?? null))
}

interface Props {
  services: readonly SchemaServiceItem[]
}

export const ServiceBar = memo(function ServiceBar({ services }: Props) {
  const colours = coloursIn(services)
  const total = services.reduce((sum, { span_count }) => sum + span_count, 0)
  return (
    <span className="service-bar" aria-hidden="true" title={titleOf(services)}>
      {services.map(({ name, span_count }) => (
        <span
          key={name ?? ''}
          style={{ width: `${(100 * span_count) / total}%`, background: colours.get(name ?? null) }}
        />
      ))}
    </span>
  )
})

export const Services = memo(function Services({ services }: Props) {
  const colours = coloursIn(services)
  const weighed = byWeight(services)
  const rest = weighed.length - NAMED_MAX
  return (
    <span className="services" title={titleOf(services)}>
      {weighed.slice(0, NAMED_MAX).map(service => (
        <span key={service.name ?? ''} className="services__one">
          {service.error_count > 0 ? (
            <Mark state="bad" />
          ) : (
            <Swatch colour={colours.get(service.name ?? null)} />
          )}
          <ServiceText service={service.name ?? null} />
        </span>
      ))}
      {rest > 0 ? <span className="muted">and {rest} more</span> : null}
    </span>
  )
})

/** Those with errors first, then those with most spans: what is left out matters least. */
function byWeight(services: readonly SchemaServiceItem[]): SchemaServiceItem[] {
  return services.toSorted((a, b) => b.error_count - a.error_count || b.span_count - a.span_count)
}

function titleOf(services: readonly SchemaServiceItem[]): string {
  return byWeight(services)
    .map(({ name, span_count, error_count }) => {
      const errors = error_count === 0 ? '' : `, ${counted(error_count, 'error')}`
      return `${name ?? UNNAMED}: ${counted(span_count, 'span')}${errors}`
    })
    .join('\n')
}
