// Series that a metrics query gives, read from Tempo's form of them. Pure.

import type { SchemaAnyValue } from './schema.d.ts'
import type { TempoLabel, TempoMetrics, TempoSeries } from './tempo.ts'

export interface Label {
  key: string
  /** As it came: its type tells how TraceQL writes it. */
  value: SchemaAnyValue
}

/** The value of a step, at its end. */
export interface Sample {
  /** Seconds since the epoch. */
  time: number
  value: number
}

/** A span that is among those that a series tells of. */
export interface Exemplar extends Sample {
  traceId: string
  /** Null where the server names the trace alone. */
  spanId: string | null
}

export interface MetricSeries {
  labels: readonly Label[]
  samples: readonly Sample[]
  exemplars: readonly Exemplar[]
}

/** The steps that were asked for, in seconds since the epoch. */
export interface Steps {
  start: number
  end: number
  step: number
}

export interface Metrics extends Steps {
  series: readonly MetricSeries[]
  /** Why it may not be all; null if it is. */
  partial: string | null
}

/** What is not a number, not a moment or no trace is left out. */
export function readMetrics(answer: TempoMetrics, steps: Steps): Metrics {
  const isPartial = answer.status === 'PARTIAL'
  return {
    ...steps,
    series: (answer.series ?? []).map(readSeries),
    partial: isPartial ? answer.message || 'the server did not look at everything' : null,
  }
}

function readSeries({ labels, samples, exemplars }: TempoSeries): MetricSeries {
  return {
    labels: (labels ?? []).map(({ key, value }) => ({ key, value: value ?? {} })),
    samples: (samples ?? []).flatMap(readSample),
    exemplars: (exemplars ?? []).flatMap(readExemplar),
  }
}

function readSample({ timestampMs, value = 0 }: { timestampMs?: string | number; value?: number }): Sample[] {
  const time = Number(timestampMs ?? Number.NaN) / 1000
  return Number.isFinite(time) && Number.isFinite(value) ? [{ time, value }] : []
}

function readExemplar({ labels = [], ...rest }: NonNullable<TempoSeries['exemplars']>[number]): Exemplar[] {
  const traceId = textIn(labels, 'trace:id')
  if (traceId === null) return []
  return readSample(rest).map(sample => ({ ...sample, traceId, spanId: textIn(labels, 'span:id') }))
}

function textIn(labels: readonly TempoLabel[], key: string): string | null {
  return labels.find(label => label.key === key)?.value?.stringValue || null
}

/** The value of a label as text; `nil` of one that says nothing. */
export function labelText(value: SchemaAnyValue): string {
  const { stringValue, intValue, doubleValue, boolValue } = value
  const known = stringValue ?? intValue ?? doubleValue ?? boolValue ?? null
  return known === null ? 'nil' : String(known)
}

const STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600, 43_200, 86_400]

/** A round step, so that a range has at most so many. */
export function stepOf(seconds: number, steps: number): number {
  return STEPS_S.find(step => seconds / step <= steps) ?? Math.ceil(seconds / steps)
}
