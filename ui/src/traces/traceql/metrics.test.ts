import { expect, test } from 'vitest'
import { pairAt } from './brackets.ts'
import { metricsIn } from './metrics.ts'
import { narrowingAt } from './narrowing.ts'
import { tokensOf } from './tokens.ts'

test('a query asks for series if a metrics function is called behind a pipe', () => {
  const names = (query: string) => metricsIn(query)?.name ?? null
  expect(names('{ } | rate()')).toBe('rate')
  expect(names('{}|compare({status=error},10)')).toBe('compare')
  expect(names('({ } | rate()) / ({ } | count_over_time())')).toBe('rate')
  expect(names('{ } | count() > 2')).toBeNull()
  expect(names('{ name = "| rate()" }')).toBeNull()
  expect(names('{ span.rate = 1 } | select(span.rate)')).toBeNull()
  expect(names('{ } | rate')).toBeNull()
})

test('what finds the spans is told from what is made of them', () => {
  expect(metricsIn('{ .a } >> { .b } | rate() by (name)')).toEqual({
    spans: '{ .a } >> { .b }',
    name: 'rate',
    argument: '',
  })
  expect(metricsIn('({ .a } && { .b }) | quantile_over_time(duration, .5, .9)')).toEqual({
    spans: '({ .a } && { .b })',
    name: 'quantile_over_time',
    argument: 'duration',
  })
  expect(metricsIn('{ } | compare({ .a = "," && (.b || .c) }, 10)')?.argument).toBe(
    '{ .a = "," && (.b || .c) }',
  )
  expect(metricsIn('{ } | avg_over_time(span.a / (span.b + 1)')?.argument).toBe('span.a / (span.b + 1)')
  expect(metricsIn('({ } | rate()) / ({ } | rate())')?.spans).toBeNull()
  expect(metricsIn('2 * ({ } | rate())')?.spans).toBeNull()
})

test('values are wanted of spans that fulfil the other clauses', () => {
  const narrowed = (text: string) => narrowingAt(text.replace('^', ''), text.indexOf('^'))
  expect(narrowed('{ resource.service.name = "a" && span.b = ^')).toBe('{ resource.service.name = "a" }')
  expect(narrowed('{ .a = 1 && span.b = ^ && (.c = 1 || .d = 2) }')).toBe('{ .a = 1 && (.c = 1 || .d = 2) }')
  expect(narrowed('{ .a = 1 || span.b = ^')).toBeUndefined()
  expect(narrowed('{ span.b = ^')).toBeUndefined()
  expect(narrowed('{ .a = 1 } >> { span.b = ^ }')).toBeUndefined()
  expect(narrowed('{ .a = 1 && .b && span.c = ^')).toBe('{ .a = 1 }')
  expect(narrowed('{ .a = "&& }" && .c = ^ } | rate()')).toBe('{ .a = "&& }" }')
  expect(narrowed('^')).toBeUndefined()
})

test('brackets that belong together are found from either', () => {
  const pair = (text: string) => pairAt(tokensOf(text.replace('^', '')), text.indexOf('^'))
  expect(pair('^{ (a) }')).toEqual([0, 6])
  expect(pair('{ (a) }^')).toEqual([0, 6])
  expect(pair('{ (a)^ }')).toEqual([2, 4])
  expect(pair('{ "(^" }')).toBeNull()
  expect(pair('{ (^a }')).toBeNull()
  expect(pair('{ a^ }')).toBeNull()
})
