// What is shown, as calls of the API and as files.

import type { ApiCall } from '../api/curl.ts'
import { labelText, type Metrics } from '../api/metrics.ts'
import type { Tenant, TracesQuestion } from '../api/queries.ts'
import { pathsQuestion } from '../api/queries-analysis.ts'
import { stepsOf } from '../api/queries-metrics.ts'
import type { SchemaAggregatePath, SchemaTraceItem } from '../api/schema.d.ts'
import { apiRange, type TimeRange } from '../api/time-range.ts'
import { counted, formatCount } from '../ui/format.ts'
import { cellOf, csvOf } from './download.ts'
import type { ExportFile } from './elsewhere.tsx'
import type { Shape } from './metrics/shape.ts'

interface Export {
  call: ApiCall
  title: string
  files: readonly ExportFile[]
}

export function exportOfTraces(
  { range, service, limit }: TracesQuestion,
  q: string | undefined,
  tenant: Tenant,
  traces: readonly SchemaTraceItem[],
): Export {
  return {
    call: { path: '/api/v1/traces', params: { q, ...apiRange(range), service, limit }, tenant },
    title: `The ${formatCount(traces.length)} traces shown`,
    files: filesOf('traces', () => csvOf(traces), { traces }),
  }
}

export function exportOfPaths(
  question: TracesQuestion,
  q: string | undefined,
  tenant: Tenant,
  path: SchemaAggregatePath | undefined,
): Export {
  const { range, service, limit } = pathsQuestion(question, q)
  return {
    call: { path: '/api/v1/traces/analysis', params: { q, ...apiRange(range), service, limit }, tenant },
    title: `What ${counted(path?.trace_count ?? 0, 'trace')} waited for`,
    files: path === undefined ? [] : [jsonOf('paths', path)],
  }
}

export function exportOfMetrics(
  range: TimeRange,
  q: string,
  { steps }: Shape,
  tenant: Tenant,
  metrics: Metrics | undefined,
): Export {
  const { start, end, step } = stepsOf({ range, steps })
  const series = metrics?.series ?? []
  return {
    call: { path: '/tempo/api/metrics/query_range', params: { q, start, end, step: `${step}s` }, tenant },
    title: `The ${formatCount(series.length)} series shown`,
    files: filesOf('metrics', () => csvOfSeries(series), { series }),
  }
}

function filesOf(name: string, csv: () => string, json: object): ExportFile[] {
  return [{ format: 'CSV', name: `${name}.csv`, type: 'text/csv', text: csv }, jsonOf(name, json)]
}

function jsonOf(name: string, json: object): ExportFile {
  return {
    format: 'JSON',
    name: `${name}.json`,
    type: 'application/json',
    text: () => `${JSON.stringify(json, null, 2)}\n`,
  }
}

/** A line for each sample. */
export function csvOfSeries(series: Metrics['series']): string {
  const lines = series.flatMap(({ labels, samples }) => {
    const name = cellOf(labels.map(({ key, value }) => `${key}=${labelText(value)}`).join(' '))
    return samples.map(({ time, value }) => `${new Date(time * 1000).toISOString()},${name},${value}`)
  })
  return ['time,series,value', ...lines].map(line => `${line}\r\n`).join('')
}
