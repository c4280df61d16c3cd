// What sets the selected spans apart: attributes by how much their values differ, each value with its share on both sides.

import { Link } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { labelText } from '../../api/metrics.ts'
import { searchOf as searchOfRange, type TimeRange } from '../../api/time-range.ts'
import { paths } from '../../app/paths.ts'
import { counted, formatCount, formatShare } from '../../ui/format.ts'
import { Swatch } from '../../ui/service-label.tsx'
import { ShareBar } from '../../ui/share-bar.tsx'
import type { MetricsPart } from '../traceql/metrics.ts'
import { type ComparedAttribute, type ComparedValue, comparedOf } from './compared.ts'
import { selectionOf } from './narrow.ts'
import type { ViewProps } from './view.tsx'

const ATTRIBUTES_MAX = 12
const VALUES_MAX = 6

export function ComparedView({ metrics, shape: { part }, question: { range } }: ViewProps) {
  const compared = useMemo(() => comparedOf(metrics), [metrics])
  const [isWhole, setWhole] = useState(false)
  const { attributes, baseline, selection } = compared
  const telling = attributes.filter(({ difference }) => difference > 0)
  const shown = isWhole ? attributes : telling.slice(0, ATTRIBUTES_MAX)
  const rest = attributes.length - shown.length
  return (
    <section className="compared" aria-label="What sets them apart">
      <Sides selection={selection} baseline={baseline} part={part} />
      {selection === 0 || baseline === 0 ? <OneSided selection={selection} /> : null}
      <div className="compared__attributes">
        {shown.map(attribute => (
          <Attribute key={attribute.key} attribute={attribute} part={part} range={range} />
        ))}
      </div>
      {rest <= 0 && !isWhole ? null : (
        <p>
          <button type="button" className="link-button" onClick={() => setWhole(!isWhole)}>
            {isWhole ? 'Show those that differ most' : `Show ${counted(rest, 'other attribute')}`}
          </button>
        </p>
      )}
    </section>
  )
}

interface SidesProps {
  selection: number
  baseline: number
  part: MetricsPart
}

function Sides({ selection, baseline, part }: SidesProps) {
  return (
    <p className="compared__sides">
      <span className="compared__side" data-side="selection">
        <Swatch colour={COLOURS.selection} />{' '}
        <strong className="mono">{formatCount(Math.round(selection))}</strong> selected by{' '}
        <code>{part.argument}</code>
      </span>
      <span className="compared__side" data-side="baseline">
        <Swatch colour={COLOURS.baseline} />{' '}
        <strong className="mono">{formatCount(Math.round(baseline))}</strong> others
      </span>
    </p>
  )
}

function OneSided({ selection }: { selection: number }) {
  return (
    <p className="muted">
      {selection === 0
        ? 'No span is selected, so there is nothing to set apart.'
        : 'Every span is selected, so there are no others to set them apart from.'}
    </p>
  )
}

interface AttributeProps {
  attribute: ComparedAttribute
  part: MetricsPart
  range: TimeRange
}

function Attribute({ attribute, part, range }: AttributeProps) {
  const { key, values, difference, isCut } = attribute
  const [isWhole, setWhole] = useState(false)
  const shown = isWhole ? values : values.slice(0, VALUES_MAX)
  return (
    <table className="compared__table">
      <caption>
        <strong className="mono">{key}</strong>{' '}
        <span className="muted">
          differs by up to {points(difference)}
          {isCut ? ', of its most frequent values' : ''}
        </span>
      </caption>
      <thead className="visually-hidden">
        <tr>
          <th scope="col">Value</th>
          <th scope="col">Share of the selected</th>
          <th scope="col">Share of the others</th>
          <th scope="col">Difference</th>
        </tr>
      </thead>
      <tbody>
        {shown.map(value => (
          <Value key={labelText(value.label.value)} value={value} part={part} range={range} />
        ))}
        {values.length <= VALUES_MAX ? null : (
          <tr>
            <td colSpan={4}>
              <button type="button" className="link-button" onClick={() => setWhole(!isWhole)}>
                {isWhole ? 'Show fewer' : `Show ${formatCount(values.length - VALUES_MAX)} more`}
              </button>
            </td>
          </tr>
        )}
      </tbody>
    </table>
  )
}

function Value({ value, part, range }: { value: ComparedValue; part: MetricsPart; range: TimeRange }) {
  const { label, selectionShare, baselineShare } = value
  const text = wordsOf(label)
  const search = value.selection === 0 ? null : selectionOf(part, [label])
  return (
    <tr>
      <th scope="row" className="compared__value" title={text}>
        {search === null ? (
          text
        ) : (
          <Link
            to={paths.traces}
            search={{ q: search, ...searchOfRange(range) }}
            title={`Traces with ${text}`}
          >
            {text}
          </Link>
        )}
      </th>
      <Share side="selection" share={selectionShare} count={value.selection} />
      <Share side="baseline" share={baselineShare} count={value.baseline} />
      <td className="compared__difference mono">
        {selectionShare > baselineShare ? '+' : ''}
        {points(selectionShare - baselineShare)}
      </td>
    </tr>
  )
}

/** Spans without the attribute are counted, too. */
function wordsOf({ value }: ComparedValue['label']): string {
  const text = labelText(value)
  return text === 'nil' ? '(not there)' : text || '(empty)'
}

const COLOURS = {
  selection: 'light-dark(#ba4e00, #ff832b)',
  baseline: 'light-dark(#0969da, #4aa8ff)',
}

function Share({ side, share, count }: { side: keyof typeof COLOURS; share: number; count: number }) {
  return (
    <td>
      <ShareBar
        words={formatShare(share)}
        share={share}
        colour={COLOURS[side]}
        title={`${formatShare(share)}, ${counted(Math.round(count), 'span')}`}
      />
    </td>
  )
}

/** Percentage points. */
function points(share: number): string {
  const rounded = Math.round(share * 1000) / 10
  return `${rounded < 0 ? '−' : ''}${Math.abs(rounded).toFixed(1)} pp`
}
