// What sets a selection of spans apart from the rest: of each value of each attribute its share on both sides.

import { type Label, labelText, type MetricSeries, type Metrics } from '../../api/metrics.ts'

export interface ComparedValue {
  /** The value as it came, with its attribute. */
  label: Label
  /** Spans that have it. */
  baseline: number
  selection: number
  /** Of the spans that are counted for its attribute, 0 to 1. */
  baselineShare: number
  selectionShare: number
}

export interface ComparedAttribute {
  key: string
  /** The largest difference of shares first. */
  values: readonly ComparedValue[]
  /** The largest difference of shares, 0 to 1. */
  difference: number
  /** Whether it has more values than were told apart. */
  isCut: boolean
}

export interface Compared {
  /** Those that differ most first. */
  attributes: readonly ComparedAttribute[]
  /** Spans on each side. */
  baseline: number
  selection: number
}

const TYPE = '__meta_type'
const ERROR = '__meta_error'

type Side = 'baseline' | 'selection'

interface Gathered {
  key: string
  values: Map<string, { label: Label } & Record<Side, number>>
  totals: Record<Side, number>
  isCut: boolean
}

export function comparedOf({ series }: Metrics): Compared {
  const gathered = new Map<string, Gathered>()
  for (const one of series) gather(one, gathered)
  const attributes = [...gathered.values()].map(comparedIn)
  attributes.sort((a, b) => b.difference - a.difference || (a.key < b.key ? -1 : 1))
  // Every span is counted for an attribute that all of them have; of another the count may be less.
  const most = (side: Side) => Math.max(0, ...[...gathered.values()].map(({ totals }) => totals[side]))
  return { attributes, baseline: most('baseline'), selection: most('selection') }
}

function gather(series: MetricSeries, gathered: Map<string, Gathered>): void {
  const type = textOf(series, TYPE)
  const label = series.labels.find(({ key }) => !key.startsWith('__'))
  const [, side, total] = /^(baseline|selection)(_total)?$/.exec(type) ?? []
  if (label === undefined || side === undefined) return
  const attribute = gathered.get(label.key) ?? emptyOf(label.key)
  gathered.set(label.key, attribute)
  const count = series.samples.reduce((sum, { value }) => sum + value, 0)
  if (textOf(series, ERROR) !== '') attribute.isCut = true
  else if (total !== undefined) attribute.totals[side as Side] += count
  else {
    const text = labelText(label.value)
    const value = attribute.values.get(text) ?? { label, baseline: 0, selection: 0 }
    attribute.values.set(text, value)
    value[side as Side] += count
  }
}

const emptyOf = (key: string): Gathered => ({
  key,
  values: new Map(),
  totals: { baseline: 0, selection: 0 },
  isCut: false,
})

function textOf({ labels }: MetricSeries, key: string): string {
  const label = labels.find(one => one.key === key)
  return label === undefined ? '' : labelText(label.value)
}

function comparedIn({ key, values, totals, isCut }: Gathered): ComparedAttribute {
  const known = [...values.values()]
  // Where the server gives no total, what is listed is all.
  const totalOf = (side: Side) => totals[side] || known.reduce((sum, value) => sum + value[side], 0)
  const [baseline, selection] = [totalOf('baseline'), totalOf('selection')]
  const compared = known.map(value => ({
    ...value,
    baselineShare: baseline === 0 ? 0 : value.baseline / baseline,
    selectionShare: selection === 0 ? 0 : value.selection / selection,
  }))
  compared.sort(byDifference)
  // Of one side alone nothing can be told apart.
  const difference = baseline === 0 || selection === 0 ? 0 : Math.max(0, ...compared.map(differenceOf))
  return { key, values: compared, difference, isCut }
}

/** Of values that differ as much the one that is more frequent among the selected. */
function byDifference(a: ComparedValue, b: ComparedValue): number {
  const larger = differenceOf(b) - differenceOf(a)
  return Math.abs(larger) > 1e-9 ? larger : b.selectionShare - a.selectionShare
}

const differenceOf = ({ baselineShare, selectionShare }: Omit<ComparedValue, 'label'>) =>
  Math.abs(selectionShare - baselineShare)
