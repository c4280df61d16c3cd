// Values of what fills up as text, by their units, which are UCUM as OpenTelemetry writes them.

import type { SchemaSaturationSeries } from '../../api/schema.d.ts'
import type { Format } from '../../charts/series.ts'
import { UNKNOWN } from '../../graph/signal-text.ts'
import { formatAmount, formatBytes, formatRate, formatShare } from '../../ui/format.ts'
import { RATIO } from './level.ts'

type Item = Pick<SchemaSaturationSeries, 'unit' | 'metric'>

/** Whether it is no part of anything: Envoy's gauges of breakers are 1 while one is open. */
export function isSwitch({ unit, metric }: Item): boolean {
  return unit === RATIO && metric.endsWith('_open')
}

export function formatOf(item: Item): Format {
  const format = knownFormatOf(item)
  return value => (value === null ? UNKNOWN : format(value))
}

function knownFormatOf(item: Item): (value: number) => string {
  const { unit } = item
  if (isSwitch(item)) return value => (value > 0 ? 'open' : 'closed')
  if (unit === RATIO) return formatShare
  if (unit === 'By') return formatBytes
  if (unit.endsWith('/s')) return formatRate
  if (unit === '{cpu}') return value => `${Number(value.toPrecision(3))} CPU`
  const [, noun] = /^\{(\w+)\}$/.exec(unit) ?? []
  return value => `${formatAmount(value)} ${noun === undefined ? unit : value === 1 ? noun : `${noun}s`}`
}
