// Series out of spans in memory, as Tempo's API gives them: every span is looked at, no answer is an estimate.

import type { SchemaAnyValue } from '../src/api/schema.d.ts'
import type { TempoLabel, TempoMetrics, TempoSeries } from '../src/api/tempo.ts'
import { type MetricsPart, metricsIn } from '../src/traces/traceql/metrics.ts'
import { type Token, tokensOf } from '../src/traces/traceql/tokens.ts'
import { compared } from './metrics-compare.ts'
import { durationNs, spansOf, valueIn, type Whole } from './search.ts'
import type { MockStore, Sent } from './store.ts'
import { type Field, Invalid, parseField, parseQuery, type Value } from './traceql.ts'

const NS_PER_S = 1_000_000_000n
const STEPS_MAX = 10_000
const EXEMPLARS_MAX = 3

/** A span that matched, and the trace that it is in. */
export interface Found {
  one: Sent
  whole: Whole
  /** Seconds since the epoch. */
  time: number
}

export interface Grid {
  /** Ends of the steps, in seconds. */
  times: number[]
  step: number
}

interface Series {
  labels: TempoLabel[]
  /** By step; NaN where there is none. */
  values: number[]
  exemplars: Found[]
}

/** The answer, as Tempo's errors are: in words. */
export function metricsAnswer(store: MockStore, params: URLSearchParams): Response {
  const query = params.get('q') ?? ''
  const [start, end] = [Number(params.get('start')), Number(params.get('end'))]
  const step = Number.parseFloat(params.get('step') ?? '60')
  if (!(end > start)) return refused('end must be after start')
  if ((end - start) / step > STEPS_MAX) return refused(`more than ${STEPS_MAX} steps, ask for longer ones`)
  try {
    const part = metricsIn(query)
    const answer: TempoMetrics =
      part?.name === 'compare'
        ? { series: compareSeries(store, part, query, start, end), status: 'COMPLETE' }
        : { series: seriesOf(store, query, gridOf(start, end, step)).map(written(gridOf(start, end, step))) }
    return Response.json({ ...answer, metrics: { inspectedSpans: String(store.sent().length) } })
  } catch (wrong) {
    if (!(wrong instanceof Invalid)) throw wrong
    const { line, column } = wrong.position
    return refused(`invalid TraceQL query: parse error at line ${line}, col ${column}: ${wrong.message}`)
  }
}

const refused = (text: string) =>
  new Response(text, { status: 400, headers: { 'content-type': 'text/plain' } })

function gridOf(start: number, end: number, step: number): Grid {
  const first = Math.floor(start / step) * step
  const count = Math.max(1, Math.ceil((end - first) / step))
  return { step, times: Array.from({ length: count }, (_, place) => first + (place + 1) * step) }
}

/** Spans of a query that started in a time. */
export function foundIn(store: MockStore, query: string, from: number, to: number): Found[] {
  const stages = parseQuery(query)
  const range = { start: BigInt(Math.floor(from)) * NS_PER_S, end: BigInt(Math.ceil(to)) * NS_PER_S }
  const wholes = store.wholes({ ...range, service: null, limit: Number.POSITIVE_INFINITY })
  return wholes.flatMap(whole =>
    (spansOf(stages, whole) ?? [])
      .map(one => ({ one, whole, time: Number(BigInt(one.span.startTimeUnixNano || 0) / 1_000_000n) / 1000 }))
      .filter(({ time }) => time > from && time <= to),
  )
}

function compareSeries(store: MockStore, part: MetricsPart, query: string, start: number, end: number) {
  const selection = parseQuery(part.argument)
  const found = foundIn(store, part.spans ?? '{ }', start, end)
  const isSelected = ({ one, whole }: Found) =>
    (spansOf(selection, { ...whole, sent: [one] }) ?? []).length > 0
  const count = Number(
    /,\s*(\d+)/.exec(query.slice(query.indexOf(part.argument) + part.argument.length))?.[1] ?? 10,
  )
  return compared(found, isSelected, count, end)
}

function seriesOf(store: MockStore, query: string, grid: Grid): Series[] {
  const tokens = tokensOf(query)
  const at = operatorIn(tokens)
  if (at !== -1) return calculated(store, query, tokens, at, grid)
  const inner = /^\s*\(([\s\S]*)\)\s*$/.exec(query)?.[1]
  const part = metricsIn(query)
  if (part?.spans == null) {
    if (inner !== undefined) return seriesOf(store, inner, grid)
    const number = Number(query)
    if (Number.isNaN(number)) throw new Invalid('expected a metrics function', { line: 1, column: 1 })
    return [{ labels: [], values: grid.times.map(() => number), exemplars: [] }]
  }
  return ranked(query, oneFunction(store, query, part, grid))
}

/** The operator between two groups of stages. */
function operatorIn(tokens: readonly Token[]): number {
  let depth = 0
  return tokens.findIndex(({ text, kind }, place) => {
    if (kind !== 'symbol') return false
    if ('({'.includes(text)) depth += 1
    if (')}'.includes(text)) depth -= 1
    return depth === 0 && place > 0 && '+-*/'.includes(text)
  })
}

function calculated(
  store: MockStore,
  query: string,
  tokens: readonly Token[],
  at: number,
  grid: Grid,
): Series[] {
  const op = tokens[at]
  const left = seriesOf(store, query.slice(0, op?.from), grid)
  const right = seriesOf(store, query.slice(op?.to), grid)
  const keyOf = ({ labels }: Series) => JSON.stringify(labels.filter(({ key }) => key !== '__name__'))
  return left.flatMap(one => {
    const other =
      right.find(other => keyOf(other) === keyOf(one)) ?? right.find(({ labels }) => labels.length <= 1)
    if (other === undefined) return []
    return [
      {
        ...one,
        values: one.values.map((value, step) =>
          compute(op?.text ?? '', value, other.values[step] ?? Number.NaN),
        ),
      },
    ]
  })
}

function compute(op: string, left: number, right: number): number {
  if (op === '+') return left + right
  if (op === '-') return left - right
  return op === '*' ? left * right : left / right
}

function oneFunction(store: MockStore, query: string, part: MetricsPart, grid: Grid): Series[] {
  const [first = 0] = grid.times
  const found = foundIn(store, part.spans ?? '{ }', first - grid.step, grid.times.at(-1) ?? first)
  const by = groupedBy(query, part)
  const field = part.argument === '' ? null : parseField(part.argument)
  const groups = new Map<string, Found[]>()
  for (const one of found) {
    const key = JSON.stringify(by.map(({ text, field }) => labelOf(text, field, one)))
    groups.set(key, [...(groups.get(key) ?? []), one])
  }
  return [...groups].flatMap(([key, spans]) => {
    const labels = (JSON.parse(key) as TempoLabel[]).filter(({ value }) => value !== undefined)
    const named = by.length === 0 ? [{ key: '__name__', value: { stringValue: part.name } }] : labels
    return functionSeries(query, part, field, spans, grid, named)
  })
}

function groupedBy(query: string, part: MetricsPart): { text: string; field: Field }[] {
  const rest = query.slice((part.spans ?? '').length)
  const [, list = ''] = /\)\s*by\s*\(([^)]*)\)/.exec(rest) ?? []
  const texts = list
    .split(',')
    .map(text => text.trim())
    .filter(text => text !== '')
  return texts.map(text => ({ text, field: parseField(text) }))
}

function labelOf(key: string, field: Field, { one, whole }: Found): TempoLabel {
  const value = valueIn(field, one, whole)
  return value === null ? { key } : { key, value: typed(value) }
}

export function typed(value: Exclude<Value, null>): SchemaAnyValue {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value }
}

/** Durations in seconds. */
function numberOf(field: Field | null, { one, whole }: Found): number {
  const value = field === null ? durationNs(one.span) : valueIn(field, one, whole)
  if (typeof value !== 'number') return Number.NaN
  const isDuration = field === null || (field.kind === 'intrinsic' && /duration/i.test(field.name))
  return isDuration ? value / 1e9 : value
}

function functionSeries(
  query: string,
  { name, argument }: MetricsPart,
  field: Field | null,
  spans: Found[],
  grid: Grid,
  labels: TempoLabel[],
): Series[] {
  const exemplars = spans.filter((_, place) => place % Math.ceil(spans.length / EXEMPLARS_MAX) === 0)
  const inStep = grid.times.map(end => spans.filter(({ time }) => time > end - grid.step && time <= end))
  const numbers = inStep.map(step =>
    step.map(one => numberOf(field, one)).filter(value => !Number.isNaN(value)),
  )
  const series = (extra: TempoLabel[], of: (values: number[]) => number): Series => ({
    labels: [...labels, ...extra],
    values: numbers.map(of),
    exemplars,
  })
  if (name === 'quantile_over_time') {
    const [, list = ''] = new RegExp(`${argument}\\s*,([^)]*)\\)`).exec(query) ?? []
    return list
      .split(',')
      .map(text => series([{ key: 'p', value: { doubleValue: Number(text) } }], quantile(Number(text))))
  }
  if (name === 'histogram_over_time') return histogram(numbers, labels, exemplars)
  return [series([], VALUES[name]?.(grid.step) ?? (() => Number.NaN))]
}

const none = (values: number[], of: (values: number[]) => number) =>
  values.length === 0 ? Number.NaN : of(values)
const sum = (values: number[]) => values.reduce((sum, value) => sum + value, 0)

const VALUES: Record<string, (step: number) => (values: number[]) => number> = {
  rate: step => values => values.length / step,
  count_over_time: () => values => values.length,
  sum_over_time: () => values => none(values, sum),
  avg_over_time: () => values => none(values, values => sum(values) / values.length),
  min_over_time: () => values => none(values, values => Math.min(...values)),
  max_over_time: () => values => none(values, values => Math.max(...values)),
}

const quantile = (q: number) => (values: number[]) =>
  none(values, () => {
    const sorted = values.toSorted((a, b) => a - b)
    return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN
  })

function histogram(numbers: number[][], labels: TempoLabel[], exemplars: Found[]): Series[] {
  const boundOf = (value: number) => 2 ** Math.ceil(Math.log2(value * 1e9)) / 1e9
  const bounds = [...new Set(numbers.flat().map(boundOf))].sort((a, b) => a - b)
  return bounds.map((bound, place) => ({
    labels: [
      ...labels.filter(({ key }) => key !== '__name__'),
      { key: '__bucket', value: { doubleValue: bound } },
    ],
    values: numbers.map(values => values.filter(value => boundOf(value) === bound).length),
    exemplars: place === 0 ? exemplars : [],
  }))
}

function ranked(query: string, series: Series[]): Series[] {
  const [, name, count] = /\|\s*(topk|bottomk)\s*\((\d+)\)/.exec(query) ?? []
  if (name === undefined) return series
  const total = ({ values }: Series) => sum(values.filter(value => !Number.isNaN(value)))
  return series.toSorted((a, b) => (name === 'topk' ? 1 : -1) * (total(b) - total(a))).slice(0, Number(count))
}

function written({ times }: Grid) {
  return ({ labels, values, exemplars }: Series): TempoSeries => ({
    labels,
    samples: values.flatMap((value, step) =>
      Number.isNaN(value) ? [] : [{ timestampMs: String(Math.round((times[step] ?? 0) * 1000)), value }],
    ),
    exemplars: exemplars.map(({ one, time }) => ({
      labels: [
        { key: 'trace:id', value: { stringValue: one.span.traceId } },
        { key: 'span:id', value: { stringValue: one.span.spanId } },
      ],
      value: durationNs(one.span) / 1e9,
      timestampMs: String(Math.round(time * 1000)),
    })),
  })
}
