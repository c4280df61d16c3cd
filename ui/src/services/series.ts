// A service's signals as the series of charts.

import type { SchemaSignals } from '../api/schema.d.ts'
import { SERIES_COLOURS } from '../charts/colours.ts'
import type { Frame, Series, Values } from '../charts/series.ts'

/** For who lays an earlier time over it; undefined: nobody compares. */
export interface Earlier {
  /** Null: they are on their way, or there are none. */
  signals: SchemaSignals | null
  /** Whether there were no calls then. */
  isAbsent: boolean
  over: (values: Values) => Values
}

export function frameOf(signals: Pick<SchemaSignals, 'start' | 'end' | 'step_s' | 'times'>): Frame {
  return {
    start: Date.parse(signals.start) / 1000,
    end: Date.parse(signals.end) / 1000,
    step: signals.step_s,
    times: signals.times,
  }
}

/** Spans of a call come one after another, and are joined when their partners are there or have been waited for. */
const SETTLED_AFTER_S = 20

/**
 * From where on steps may still grow; null for what is past. The end of an answer about now lies at most a step after the
 * moment that was asked for, which a slow answer leaves behind.
 */
export function growsFrom({ end, step }: Frame, now: number): number | null {
  const asked = Math.min(now, end - step)
  return end <= now - SETTLED_AFTER_S - step ? null : asked - SETTLED_AFTER_S
}

type ReadSeries = (signals: SchemaSignals) => Values

function oneSeries(
  signals: SchemaSignals,
  earlier: Earlier | undefined,
  id: keyof typeof SERIES_COLOURS,
  label: string,
  read: ReadSeries,
): Series {
  const series = { id, label, colour: SERIES_COLOURS[id], values: read(signals) }
  if (earlier === undefined) return series
  return { ...series, before: earlier.over(earlier.signals === null ? [] : read(earlier.signals)) }
}

export function latencySeries(signals: SchemaSignals, earlier: Earlier | undefined): Series[] {
  return (['p50', 'p90', 'p95', 'p99'] as const).map(name =>
    oneSeries(signals, earlier, name, name, ({ latency }) => latency[`${name}_ms`]),
  )
}

export function trafficSeries(signals: SchemaSignals, earlier: Earlier | undefined): Series[] {
  return [oneSeries(signals, earlier, 'traffic', 'requests', ({ traffic }) => traffic.rate)]
}

export function errorRateSeries(signals: SchemaSignals, earlier: Earlier | undefined): Series[] {
  return [oneSeries(signals, earlier, 'errors', 'failed', ({ errors }) => errors.error_rate)]
}

const CLASSES = [
  ['no_response', 'no response'],
  ['http_5xx', 'HTTP 5xx'],
  ['grpc', 'gRPC'],
  ['status_error', 'status error'],
] as const

/** Classes that occur, and always that of HTTP, so that a chart without errors has a legend. What the client did wrong stands apart. */
export function errorClassSeries(signals: SchemaSignals): Series[] {
  const occurs = (values: Values) => values.some(value => value !== null && value > 0)
  const classes = CLASSES.filter(([id]) => id === 'http_5xx' || occurs(signals.errors[id]))
  const series = classes.map(([id, label]) =>
    oneSeries(signals, undefined, id, label, ({ errors }) => errors[id]),
  )
  if (!occurs(signals.errors.http_4xx)) return series
  const aside = oneSeries(
    signals,
    undefined,
    'http_4xx',
    'HTTP 4xx (no error)',
    ({ errors }) => errors.http_4xx,
  )
  return [...series, { ...aside, isApart: true }]
}

export interface Totals {
  requests: number | null
  rate: number | null
  errors: number | null
  error_rate: number | null
}

const sumOf = (values: Values) =>
  values.reduce<number | null>((sum, value) => (value === null ? sum : (sum ?? 0) + value), null)

/** Of the whole range. */
export function totalsOf(signals: SchemaSignals): Totals {
  const requests = sumOf(signals.traffic.requests)
  const errors = sumOf(signals.errors.errors)
  const seconds = signals.times.length * signals.step_s
  return {
    requests,
    errors,
    rate: requests === null || seconds === 0 ? null : requests / seconds,
    error_rate: requests === null || errors === null || requests === 0 ? null : errors / requests,
  }
}
