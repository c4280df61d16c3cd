// The facets: click narrows the query, a second click widens it again.

import { Ban, Check } from 'lucide-react'
import { memo, useState } from 'react'
import { formatCount } from '../ui/format.ts'
import { Section } from '../ui/section.tsx'
import '../ui/panel.css'
import type { Facet, FacetValue } from './facets.ts'

/** More are shown for who asks. */
const VALUES_MAX = 7

interface Props {
  facets: readonly Facet[]
  /** How many traces the counts are of. */
  count: number
  hasQuery: boolean
  onToggle: (value: FacetValue, isNegated: boolean) => void
}

export const FacetsPanel = memo(function FacetsPanel({ facets, count, hasQuery, onToggle }: Props) {
  return (
    <aside className="facets" aria-label="Narrow the search">
      <p className="facets__note muted">
        Counts are of the {formatCount(count)} traces shown{hasQuery ? ', by their spans that matched' : ''}.
      </p>
      {facets.map(facet => (
        <Section key={facet.title} title={facet.title}>
          <Values facet={facet} onToggle={onToggle} />
        </Section>
      ))}
    </aside>
  )
})

function Values({ facet, onToggle }: { facet: Facet; onToggle: Props['onToggle'] }) {
  const [isWhole, setWhole] = useState(false)
  const shown = isWhole ? facet.values : facet.values.slice(0, VALUES_MAX)
  const rest = facet.values.length - VALUES_MAX
  return (
    <ul className="facets__values">
      {shown.map(value => (
        <Value key={value.clauses.join()} facet={facet} value={value} onToggle={onToggle} />
      ))}
      {rest > 0 ? (
        <li>
          <button type="button" className="link-button" onClick={() => setWhole(!isWhole)}>
            {isWhole ? 'Show fewer' : `Show ${formatCount(rest)} more`}
          </button>
        </li>
      ) : null}
    </ul>
  )
}

function Value({ facet, value, onToggle }: { facet: Facet; value: FacetValue; onToggle: Props['onToggle'] }) {
  const { label, negated, state, count } = value
  const name = label === '' ? '(empty)' : label
  return (
    <li className="facets__value" data-state={state}>
      <button
        type="button"
        className="facets__button"
        aria-pressed={state !== 'off'}
        title={`${value.clauses.join(' && ')}${negated === null ? '' : '\nAlt and click for the opposite'}`}
        onClick={event => onToggle(value, state === 'negated' || (event.altKey && negated !== null))}
      >
        <span className="facets__tick">
          {state === 'on' ? <Check size={12} aria-hidden="true" /> : null}
          {state === 'negated' ? <Ban size={12} aria-hidden="true" /> : null}
        </span>
        <span className="facets__label">
          {state === 'negated' ? 'not ' : ''}
          {name}
        </span>
        <span className="facets__count mono">{formatCount(count)}</span>
      </button>
      {negated === null || state === 'negated' ? null : (
        <button
          type="button"
          className="facets__not"
          onClick={() => onToggle(value, true)}
          aria-label={`${facet.title}: not ${name}`}
          title={negated}
        >
          <Ban size={12} aria-hidden="true" />
        </button>
      )}
    </li>
  )
}
