// Histograms over time as pictures, one for each group.

import { labelText, type MetricSeries, type Metrics, type Sample } from '../../api/metrics.ts'
import type { Heat } from '../../charts/heat-scene.ts'
import type { Frame } from '../../charts/series.ts'
import { nameOf } from './lines.ts'
import { valuesOf } from './steps.ts'

const BUCKET = '__bucket'

export interface HeatGroup {
  /** Empty where nothing is grouped. */
  name: string
  labels: MetricSeries['labels']
  heat: Heat
  exemplars: MetricSeries['exemplars']
  /** Of all steps. */
  count: number
}

/** The group with most spans first. Bounds are multiplied: pictures have milliseconds where the server has seconds. */
export function heatsOf({ series }: Metrics, frame: Frame, factor: number): HeatGroup[] {
  const groups = new Map<string, MetricSeries[]>()
  for (const one of series) {
    const key = JSON.stringify(labelsOf(one))
    groups.set(key, [...(groups.get(key) ?? []), one])
  }
  const heats = [...groups.values()].map(buckets => heatOf(buckets, frame, factor))
  return heats.filter(({ count }) => count > 0).sort((a, b) => b.count - a.count)
}

const labelsOf = ({ labels }: MetricSeries) =>
  labels.filter(({ key }) => key !== BUCKET && !key.startsWith('__'))

function boundOf({ labels }: MetricSeries): number {
  const label = labels.find(({ key }) => key === BUCKET)
  return label === undefined ? Number.NaN : Number(labelText(label.value))
}

function heatOf(buckets: readonly MetricSeries[], frame: Frame, factor: number): HeatGroup {
  const known = buckets.filter(one => boundOf(one) > 0).sort((a, b) => boundOf(a) - boundOf(b))
  const bounds = powers(known.map(boundOf))
  const rows = bounds.map(bound => {
    const samples = known.filter(one => isBound(boundOf(one), bound)).flatMap(({ samples }) => samples)
    return valuesOf(frame, summed(samples))
  })
  const counts = frame.times.map((_, step) => rows.map(row => row[step] ?? 0))
  const [first] = buckets
  const labels = first === undefined ? [] : labelsOf(first)
  return {
    name: labels.length === 0 ? '' : nameOf({ labels, samples: [], exemplars: [] }),
    labels,
    heat: { bounds: bounds.map(bound => bound * factor), counts },
    exemplars: buckets.flatMap(({ exemplars }) => exemplars),
    count: counts.flat().reduce((sum, count) => sum + count, 0),
  }
}

function summed(samples: readonly Sample[]): Sample[] {
  const sums = new Map<number, number>()
  for (const { time, value } of samples) sums.set(time, (sums.get(time) ?? 0) + value)
  return [...sums].map(([time, value]) => ({ time, value }))
}

const isBound = (value: number, bound: number) => Math.abs(value - bound) <= bound * 1e-6

/** Longer than 2^64 ns. */
const ROWS_MAX = 80

/** From the lowest bound to the highest, each twice the one before: a bucket that nothing fell into is a row, too. */
function powers(bounds: readonly number[]): number[] {
  const [lowest, highest] = [bounds[0], bounds.at(-1)]
  if (lowest === undefined || highest === undefined) return []
  const rows: number[] = []
  for (let bound = lowest; rows.length < ROWS_MAX && bound <= highest * (1 + 1e-6); bound *= 2)
    rows.push(bound)
  return rows
}
