import { expect, test } from 'vitest'
import { START, sentTraceOf as traceOf } from '../src/test/trace.ts'
import { joined, keyValues, ofService, otlpSpan, spanId, traceId } from './otlp.ts'
import { readTrace } from './span.ts'

test('times are from the start of the trace, to the nanosecond', () => {
  const trace = traceOf([
    { id: 2, start: 1_500_000_003, end: 1_500_000_010 },
    { id: 1, start: 5, end: 2_000_000_005 },
  ])
  expect(trace.startedAt).toBe(START + 5n)
  expect(trace.duration).toBe(2_000_000_000)
  expect(trace.spans.map(span => [span.spanId, span.start, span.duration])).toEqual([
    [spanId(1), 0, 2_000_000_000],
    [spanId(2), 1_499_999_998, 7],
  ])
})

test('spans of one id all stay, with keys of their own', () => {
  const trace = traceOf([
    { id: 1, start: 0 },
    { id: 1, start: 1 },
    { id: 1, start: 2 },
  ])
  expect(trace.spans.map(span => span.key)).toEqual([spanId(1), `${spanId(1)}~2`, `${spanId(1)}~3`])
})

test('a span with odd times is kept, drawn without a negative length, and marked', () => {
  const trace = traceOf([
    { id: 1, start: 10, end: 30 },
    { id: 2, start: 20, end: 15 },
    { id: 3, start: 25, end: null },
    { id: 4, start: null, end: 40 },
    { id: 5, start: null, end: null },
  ])
  const odd = Object.fromEntries(
    trace.spans.map(span => [span.name, [span.start, span.duration, span.oddity]]),
  )
  expect(odd).toEqual({
    'span 1': [0, 20, null],
    'span 2': [10, 0, 'ends before it starts'],
    'span 3': [15, 0, 'no end'],
    'span 4': [0, 0, 'no start'],
    'span 5': [0, 0, 'no start'],
  })
  expect(trace.duration).toBe(20)
})

test('a trace without any time and one without any span are traces', () => {
  expect(traceOf([{ id: 1, start: null, end: null }])).toMatchObject({ startedAt: null, duration: 0 })
  expect(readTrace({ resourceSpans: [] })).toEqual({ spans: [], startedAt: null, duration: 0 })
})

test('every field keeps its meaning', () => {
  const span = otlpSpan(traceId(1), spanId(2), 'GET /', {
    start: START,
    end: START,
    kind: 'client',
    error: 'broken',
  })
  const trace = readTrace(ofService('cart', [span]))
  expect(trace.spans[0]).toMatchObject({
    service: 'cart',
    name: 'GET /',
    kind: 'client',
    status: 'error',
    parentSpanId: null,
  })
})

test('what is absent is a default, what nobody knows is unspecified', () => {
  const bare = { traceId: traceId(1), spanId: spanId(1) }
  const strange = { ...bare, spanId: spanId(2), kind: 17, status: { code: 9 }, parentSpanId: '' }
  const trace = readTrace(joined([ofService(null, [bare, strange]), ofService('', [])]))
  for (const span of trace.spans) {
    expect(span).toMatchObject({ service: null, kind: 'unspecified', status: 'unset', parentSpanId: null })
  }
})

test('a service name that is no text is no name', () => {
  const data = ofService(null, [{ traceId: traceId(1), spanId: spanId(1) }], {})
  const [resource] = data.resourceSpans
  if (resource) resource.resource = { attributes: keyValues({ 'service.name': 7 }) }
  expect(readTrace(data).spans[0]?.service).toBeNull()
})
