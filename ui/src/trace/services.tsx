// The services of a trace: their colours, how many spans each has and how long they worked themselves. A click takes a
// service, and all that it called, out of the picture.

import { EyeOff } from 'lucide-react'
import { counted, formatCount, formatDuration } from '../ui/format.ts'
import { ErrorWord } from '../ui/mark.tsx'
import type { ServiceName } from '../ui/service-colour.ts'
import { ServiceText, Swatch } from '../ui/service-label.tsx'
import { type ColourBy, DURATION_STEPS, STATUS_STEPS } from './colouring.ts'
import { withService } from './prune.ts'
import type { Reading } from './reading.ts'
import type { Summary } from './summary.ts'

interface Props {
  reading: Reading
  services: Summary['services']
  colourBy: ColourBy
  hidden: ReadonlySet<ServiceName>
  onHide: (services: ReadonlySet<ServiceName>) => void
}

export function Services({ reading, services, colourBy, hidden, onHide }: Props) {
  const { colours, sight } = reading
  return (
    <div className="services">
      <ul className="services__list" aria-label="Services">
        {services.map(service => (
          <li key={service.service ?? ''}>
            <ServiceChip
              {...service}
              colour={colourBy === 'service' ? colours.get(service.service) : undefined}
              isHidden={hidden.has(service.service)}
              onToggle={() => onHide(withService(hidden, service.service))}
            />
          </li>
        ))}
      </ul>
      {hidden.size === 0 ? null : (
        <span className="services__pruned">
          {counted(sight.prunedSpans, 'span')} pruned{' '}
          <button type="button" className="link-button" onClick={() => onHide(new Set())}>
            Show all services
          </button>
        </span>
      )}
      {colourBy === 'service' ? null : (
        <ColourKey steps={colourBy === 'status' ? STATUS_STEPS : DURATION_STEPS} />
      )}
    </div>
  )
}

type ChipProps = Summary['services'][number] & {
  colour: string | undefined
  isHidden: boolean
  onToggle: () => void
}

function ServiceChip({ service, spans, errors, self, colour, isHidden, onToggle }: ChipProps) {
  return (
    <button
      type="button"
      className="service-chip"
      aria-pressed={!isHidden}
      onClick={onToggle}
      title={`${isHidden ? 'Show' : 'Prune'} ${service ?? 'spans without a service'}: ${counted(spans, 'span')}, ${formatDuration(self)} self time`}
    >
      {colour === undefined ? null : <Swatch colour={colour} />}
      <span className="service-chip__name">
        <ServiceText service={service} />
      </span>
      <span className="muted mono">{formatCount(spans)}</span>
      <span className="muted mono">{formatDuration(self)}</span>
      {errors === 0 ? null : <ErrorWord>{formatCount(errors)}</ErrorWord>}
      {isHidden ? <EyeOff size={12} aria-hidden="true" className="muted" /> : null}
    </button>
  )
}

function ColourKey({ steps }: { steps: readonly { words: string; colour: string }[] }) {
  return (
    <ul className="services__list" aria-label="Colours">
      {steps.map(({ words, colour }) => (
        <li key={words} className="services__colour">
          <Swatch colour={colour} />
          {words}
        </li>
      ))}
    </ul>
  )
}
