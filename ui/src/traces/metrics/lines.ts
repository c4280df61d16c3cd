// Series as lines of a chart: their names, their colours, their order.

import { type Exemplar, type Label, labelText, type MetricSeries, type Metrics } from '../../api/metrics.ts'
import { SERIES_COLOURS } from '../../charts/colours.ts'
import { type Frame, largestOf, lastOf, type Series } from '../../charts/series.ts'
import { seriesColour } from '../../ui/service-colour.ts'
import { valuesOf } from './steps.ts'

export interface Line extends Series {
  /** Those that the query groups by. */
  labels: readonly Label[]
  exemplars: readonly Exemplar[]
}

/** What the server names the series of an ungrouped function with. */
const NAME = '__name__'
const QUANTILE = 'p'

/** More are not drawn at first: nobody could tell them apart. */
export const SHOWN_MAX = 20

/** The largest first. */
export function linesOf({ series }: Metrics, frame: Frame): Line[] {
  const named = series.map(one => ({ one, values: valuesOf(frame, one.samples), label: nameOf(one) }))
  const isMany = new Set(named.map(({ one }) => groupName(one))).size > 1
  const known = named.filter(({ values }) => values.some(value => value !== null))
  known.sort(
    (a, b) => (largestOf(b.values) ?? 0) - (largestOf(a.values) ?? 0) || (a.label < b.label ? -1 : 1),
  )
  return known.map(({ one, values, label }, place): Line => {
    const quantile = quantileName(one)
    return {
      id: label,
      label,
      endLabel: isMany ? '' : (quantile ?? ''),
      colour: isMany ? seriesColour(place) : (quantileColour(quantile) ?? seriesColour(place)),
      values,
      labels: groupLabels(one),
      exemplars: one.exemplars,
    }
  })
}

const groupLabels = ({ labels }: MetricSeries) =>
  labels.filter(({ key }) => !key.startsWith('__') && key !== QUANTILE)

function groupName(series: MetricSeries): string {
  const labels = groupLabels(series)
  const [only] = labels
  if (labels.length === 1 && only !== undefined) return labelText(only.value)
  return labels.map(({ key, value }) => `${key}=${labelText(value)}`).join(', ')
}

/** `checkout`, `p90`, `p90 checkout`, `name=a, status=error`. */
export function nameOf(series: MetricSeries): string {
  const parts = [quantileName(series), groupName(series)].filter(part => part !== null && part !== '')
  if (parts.length > 0) return parts.join(' ')
  const name = series.labels.find(({ key }) => key === NAME)
  return name === undefined ? 'all' : labelText(name.value)
}

/** `p90`, `p99.9`. */
export function quantileName({ labels }: MetricSeries): string | null {
  const label = labels.find(({ key }) => key === QUANTILE)
  const quantile = label === undefined ? Number.NaN : Number(labelText(label.value))
  return Number.isNaN(quantile) ? null : `p${Number((quantile * 100).toFixed(6))}`
}

function quantileColour(name: string | null): string | undefined {
  return name !== null && name in SERIES_COLOURS
    ? SERIES_COLOURS[name as keyof typeof SERIES_COLOURS]
    : undefined
}

/** Of what a line has: the last value, the mean, the largest. */
export function summaryOf({ values }: Line): {
  last: number | null
  mean: number | null
  max: number | null
} {
  const known = values.filter(value => value !== null)
  const mean = known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length
  return { last: lastOf(values), mean, max: largestOf(values) }
}
