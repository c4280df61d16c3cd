import { expect, test } from 'vitest'
import type { SchemaTraceItem } from '../api/schema.d.ts'
import { durationText } from './durations.ts'
import { facetsOf, toggledValue } from './facets.ts'

function trace(id: number, fields: Partial<SchemaTraceItem> = {}): SchemaTraceItem {
  return {
    trace_id: String(id).padStart(32, '0'),
    start_time_unix_nano: String(id),
    duration_ms: 50,
    span_count: 3,
    error_count: 0,
    root_service: 'web',
    root_name: 'GET /',
    services: [{ name: 'web', span_count: 3, error_count: 0 }],
    ...fields,
  }
}

const matched = (service: string, status: string, code: number) => ({
  span_id: '1'.repeat(16),
  name: 'x',
  service,
  start_time_unix_nano: '1',
  duration_ms: 1,
  status,
  attributes: [{ key: 'http.status_code', value: { intValue: String(code) } }],
})

const linesOf = (traces: SchemaTraceItem[], query: string) =>
  facetsOf(traces, query).flatMap(({ title, values }) =>
    values.map(({ label, count, state }) => `${title}: ${label} ${count} ${state}`),
  )

test('without a query whole traces are counted', () => {
  const traces = [trace(1), trace(2, { error_count: 1, duration_ms: 2000 })]
  expect(linesOf(traces, '')).toEqual([
    'Service: web 2 off',
    'Root operation: GET / 2 off',
    'Status: error 1 off',
    'Duration of the trace: 10 to 100 ms 1 off',
    'Duration of the trace: 1 s to 10 s 1 off',
  ])
})

test('with a query the spans that matched are counted, once per trace, and what it names', () => {
  const query = '{ span.http.status_code >= 500 && resource.service.name = "gone" }'
  const traces = [
    trace(1, { spans: [matched('cart', 'error', 503), matched('cart', 'ok', 503)] }),
    trace(2, { spans: [matched('web', 'error', 500)] }),
  ]
  expect(linesOf(traces, query)).toEqual([
    'Service: cart 1 off',
    'Service: web 1 off',
    'Service: gone 0 on',
    'Root operation: GET / 2 off',
    'Status: error 2 off',
    'Status: ok 1 off',
    'Duration of the trace: 10 to 100 ms 2 off',
    'span.http.status_code: 500 1 off',
    'span.http.status_code: 503 1 off',
  ])
})

test('a floating-point value is one that TraceQL can ask for', () => {
  const spans = [2, 0.25, 1e-7, 'NaN'].map(doubleValue => ({
    ...matched('cart', 'ok', 200),
    attributes: [{ key: 'load', value: { doubleValue } }],
  }))
  const facets = facetsOf([trace(1, { spans })], '{ span.load > 0.0 }')
  const clauses = facets.find(({ title }) => title === 'span.load')?.values.flatMap(({ clauses }) => clauses)
  expect(clauses).toEqual(['span.load = 0.25', 'span.load = 2.0'])
})

test('a click adds, a second takes away, and the opposite replaces', () => {
  const valueIn = (query: string, title: string, label: string) => {
    const value = facetsOf([trace(1)], query)
      .find(facet => facet.title === title)
      ?.values.find(value => value.label === label)
    if (value === undefined) throw new Error(`${title} has no ${label}`)
    return value
  }
  const once = toggledValue('', valueIn('', 'Service', 'web'), false)
  expect(once).toBe('{ resource.service.name = "web" }')
  const negated = toggledValue(once, valueIn(once, 'Service', 'web'), true)
  expect(negated).toBe('{ resource.service.name != "web" }')
  expect(toggledValue(negated, valueIn(negated, 'Service', 'web'), true)).toBe('')
  const band = toggledValue(once, valueIn(once, 'Duration of the trace', '10 to 100 ms'), false)
  expect(band).toBe('{ resource.service.name = "web" && traceDuration >= 10ms && traceDuration < 100ms }')
  expect(toggledValue(band, valueIn(band, 'Duration of the trace', '10 to 100 ms'), false)).toBe(once)
})

test('a bound is rounded away from what it holds', () => {
  expect(durationText(12.345, 'down')).toBe('12.3ms')
  expect(durationText(12.345, 'up')).toBe('12.4ms')
  expect(durationText(1234.5, 'down')).toBe('1.23s')
  expect(durationText(0.012_34, 'up')).toBe('12.4us')
  expect(durationText(0.000_12, 'up')).toBe('120ns')
  expect(durationText(0, 'down')).toBe('0ns')
})
