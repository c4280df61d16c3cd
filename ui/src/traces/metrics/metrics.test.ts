import { expect, test } from 'vitest'
import { type Label, type MetricSeries, type Metrics, readMetrics, stepOf } from '../../api/metrics.ts'
import { comparedOf } from './compared.ts'
import { heatsOf } from './heat.ts'
import { linesOf, nameOf } from './lines.ts'
import { clauseOf, narrowed, searchOf, selectionOf } from './narrow.ts'
import { formatOf, plainNumber } from './number.ts'
import { shapeOf } from './shape.ts'
import { shownIn, textOfShown } from './shown.ts'
import { frameOf, placeOf, valuesOf } from './steps.ts'

const STEPS = { start: 1000, end: 1040, step: 10 }

const text = (key: string, stringValue: string): Label => ({ key, value: { stringValue } })
const number = (key: string, doubleValue: number): Label => ({ key, value: { doubleValue } })
const series = (labels: Label[], ...values: number[]): MetricSeries => ({
  labels,
  samples: values.map((value, step) => ({ time: 1010 + step * 10, value })),
  exemplars: [],
})
const metrics = (...all: MetricSeries[]): Metrics => ({ ...STEPS, series: all, partial: null })

test('an answer is read whatever it leaves out', () => {
  const read = readMetrics(
    {
      series: [
        {
          labels: [{ key: 'a' }],
          samples: [{ timestampMs: '1010000', value: 2 }, { timestampMs: 1020000 }, { value: 1 }],
          exemplars: [
            { labels: [text('trace:id', 'ab'), text('span:id', 'cd')], timestampMs: '1005000', value: 0.5 },
            { labels: [], timestampMs: '1005000', value: 0.5 },
          ],
        },
        {},
      ],
      status: 'PARTIAL',
    },
    STEPS,
  )
  expect(read.partial).toBe('the server did not look at everything')
  expect(read.series[0]).toEqual({
    labels: [{ key: 'a', value: {} }],
    samples: [
      { time: 1010, value: 2 },
      { time: 1020, value: 0 },
    ],
    exemplars: [{ time: 1005, value: 0.5, traceId: 'ab', spanId: 'cd' }],
  })
  expect(readMetrics({}, STEPS)).toEqual({ ...STEPS, series: [], partial: null })
})

test('a sample stands in the step that it ends, and a step without one is a gap', () => {
  const frame = frameOf({ start: 1003, end: 1039, step: 10 })
  expect(frame).toEqual({ start: 1000, end: 1040, step: 10, times: [1000, 1010, 1020, 1030] })
  expect([1000, 1010, 1040, 1050].map(time => placeOf(frame, { time }))).toEqual([null, 0, 3, null])
  expect(valuesOf(frame, [{ time: 1020, value: 7 }])).toEqual([null, 7, null, null])
})

test('steps are round and not too many', () => {
  expect([60, 3600, 21_600, 86_400, 1_209_600].map(seconds => stepOf(seconds, 240))).toEqual([
    1, 15, 120, 600, 7200,
  ])
  for (const seconds of [1, 7, 1000, 1e6, 1e9])
    expect(seconds / stepOf(seconds, 240)).toBeLessThanOrEqual(240)
})

test('what a query is shown as, and in which unit', () => {
  const shape = (query: string) => {
    const found = shapeOf(query)
    return found === null ? null : `${found.kind}, ${found.unit}`
  }
  expect(shape('{ }')).toBeNull()
  expect(shape('{ } | rate() by (name)')).toBe('lines, per second')
  expect(shape('{ } | count_over_time()')).toBe('lines, spans')
  expect(shape('{ } | quantile_over_time(duration, 0.9)')).toBe('lines, seconds')
  expect(shape('{ } | max_over_time(traceDuration)')).toBe('lines, seconds')
  expect(shape('{ } | avg_over_time(span.bytes)')).toBe('lines, plain')
  expect(shape('{ } | histogram_over_time(span:duration)')).toBe('heat, seconds')
  expect(shape('{ } | compare({ status = error })')).toBe('compare, spans')
  expect(shape('({ } | rate()) / ({ } | rate())')).toBe('lines, plain')
})

test('series are named by what tells them apart', () => {
  expect(nameOf(series([text('__name__', 'rate')]))).toBe('rate')
  expect(nameOf(series([]))).toBe('all')
  expect(nameOf(series([text('resource.service.name', 'cart')]))).toBe('cart')
  expect(nameOf(series([text('name', 'GET /'), text('status', 'error')]))).toBe('name=GET /, status=error')
  expect(nameOf(series([number('p', 0.9)]))).toBe('p90')
  expect(nameOf(series([text('name', 'GET /'), number('p', 0.999)]))).toBe('p99.9 GET /')
  expect(nameOf(series([{ key: 'span.code', value: { intValue: '503' } }]))).toBe('503')
})

test('lines come the largest first, those without a value not at all', () => {
  const frame = frameOf(STEPS)
  const found = linesOf(
    metrics(
      series([text('name', 'small')], 1),
      series([text('name', 'none')]),
      series([text('name', 'large')], 9, 2),
    ),
    frame,
  )
  expect(found.map(({ id, values }) => [id, values])).toEqual([
    ['large', [9, 2, null, null]],
    ['small', [1, null, null, null]],
  ])
  expect(new Set(found.map(({ colour }) => colour)).size).toBe(2)
})

test('buckets become rows, also those that nothing fell into, and groups pictures of their own', () => {
  const bucket = (name: string, bound: number, ...values: number[]) =>
    series([text('name', name), number('__bucket', bound)], ...values)
  const frame = frameOf(STEPS)
  const heats = heatsOf(
    metrics(bucket('a', 0.001, 1), bucket('a', 0.008, 0, 5), bucket('b', 0.001, 40)),
    frame,
    1000,
  )
  expect(heats.map(({ name, count }) => [name, count])).toEqual([
    ['b', 40],
    ['a', 6],
  ])
  expect(heats[1]?.heat.bounds.map(bound => Number(bound.toFixed(3)))).toEqual([1, 2, 4, 8])
  expect(heats[1]?.heat.counts).toEqual([
    [1, 0, 0, 0],
    [0, 0, 0, 5],
    [0, 0, 0, 0],
    [0, 0, 0, 0],
  ])
})

test('shares are of each side, and what differs most comes first', () => {
  const count = (type: string, label: Label, value: number) =>
    series([text('__meta_type', type), label], value)
  const compared = comparedOf(
    metrics(
      count('selection', text('span.zone', 'a'), 9),
      count('selection', text('span.zone', 'b'), 1),
      count('selection_total', text('span.zone', 'nil'), 10),
      count('baseline', text('span.zone', 'a'), 20),
      count('baseline', text('span.zone', 'b'), 80),
      count('baseline_total', text('span.zone', 'nil'), 100),
      count('selection', text('kind', 'server'), 10),
      count('baseline', text('kind', 'server'), 100),
    ),
  )
  expect([compared.selection, compared.baseline]).toEqual([10, 100])
  expect(compared.attributes.map(({ key }) => key)).toEqual(['span.zone', 'kind'])
  const [zone, kind] = compared.attributes
  expect(zone?.difference).toBeCloseTo(0.7)
  expect(zone?.values.map(value => [value.selectionShare, value.baselineShare])).toEqual([
    [0.9, 0.2],
    [0.1, 0.8],
  ])
  expect(kind?.difference).toBe(0)
})

test('where one side is empty nothing is set apart', () => {
  const one = comparedOf(metrics(series([text('__meta_type', 'baseline'), text('name', 'a')], 3)))
  expect([one.selection, one.attributes[0]?.difference]).toEqual([0, 0])
})

test('from a series to its spans', () => {
  const part = (query: string) => shapeOf(query)?.part ?? { spans: null, name: '', argument: '' }
  const rate = part('{ kind = server } | rate() by (resource.service.name)')
  expect(searchOf(rate, [text('resource.service.name', 'a "b"')])).toBe(
    '{ kind = server && resource.service.name = "a \\"b\\"" }',
  )
  expect(searchOf(part('({ } | rate()) / ({ } | rate())'), [])).toBeNull()
  expect(clauseOf(text('status', 'error'))).toBe('status = error')
  expect(clauseOf(text('span.zone', 'nil'))).toBe('span.zone = nil')
  expect(clauseOf(text('resource.service.name', 'nil'))).toBe('!(resource.service.name != nil)')
  expect(clauseOf({ key: 'span.code', value: { intValue: '503' } })).toBe('span.code = 503')
  expect(clauseOf(number('span.x', 2))).toBe('span.x = 2.0')
  const query = '{ kind = server } | compare({ .a = 1 || .b = 2 }, 10)'
  expect(selectionOf(part(query), [text('name', 'x')])).toBe(
    '{ kind = server && (.a = 1 || .b = 2) && name = "x" }',
  )
  expect(selectionOf(part('{ } | compare({ })'))).toBe('{ }')
  expect(narrowed(query, part(query), 'name = "x"')).toBe(
    '{ kind = server && name = "x" } | compare({ .a = 1 || .b = 2 }, 10)',
  )
})

test('which lines are drawn survives the URL, in its shorter form', () => {
  const lines = Array.from({ length: 30 }, (_, place) => ({ id: `line, ${place}` }))
  const check = (shown: string[], expected: string | undefined) => {
    const said = textOfShown(new Set(shown), lines)
    expect(said).toBe(expected)
    expect([...shownIn(said, lines)].sort()).toEqual([...shown].sort())
  }
  const first = lines.slice(0, 20).map(({ id }) => id)
  check(first, undefined)
  check(first.slice(1), '!line%2C 0')
  check(['line, 3'], 'line%2C 3')
  check(['line, 3', 'line, 25'], 'line%2C 25,line%2C 3')
  check(
    [],
    `!${first
      .map(id => id.replace(',', '%2C'))
      .sort()
      .join(',')}`,
  )
})

test('numbers are short, whatever their size', () => {
  expect([0, 0.012345, 1.5, 12, 1234, 9999, 12_345, 1.5e6, 2e9].map(plainNumber)).toEqual([
    '0',
    '0.0123',
    '1.5',
    '12',
    '1,230',
    '10,000',
    '12.3 k',
    '1.5 M',
    '2 G',
  ])
  expect(formatOf('seconds')(0.0125)).toBe('12.5 ms')
  expect(formatOf('per second')(412)).toBe('412/s')
  expect(formatOf('spans')(-3)).toBe('−3')
  expect(formatOf('plain')(null)).toBe('–')
})
