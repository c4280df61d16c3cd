import { expect, test } from 'vitest'
import { positionAt } from './position.ts'

/** The place where `^` stands. */
const placeAt = (text: string) => positionAt(text.replace('^', ''), text.indexOf('^')).place

function check(cases: Record<string, ReturnType<typeof placeAt>>) {
  for (const [text, expected] of Object.entries(cases)) expect(placeAt(text), text).toEqual(expected)
}

const FIELD = { kind: 'field', wants: 'any', isFirst: false } as const
const FIRST = { ...FIELD, isFirst: true } as const
const NUMBER = { kind: 'field', wants: 'number', isFirst: false } as const
const end = (more: 'quantile' | 'count' | 'selection' | 'hint' | 'field' | null) =>
  ({ kind: 'argument end', more }) as const
const NONE = { kind: 'none' } as const

test('in a filter', () => {
  check({
    '{ ^': FIRST,
    '{ sta^': FIRST,
    '{ !^': FIELD,
    '{ (^': FIELD,
    '({ ^': FIRST,
    '{ status ^ }': { kind: 'operator', field: 'status', closes: '}' },
    '{ status = ^': { kind: 'value', field: 'status', op: '=' },
    '{ resource.service.name =~ "ca^rt" }': { kind: 'value', field: 'resource.service.name', op: '=~' },
    '{ status = error ^': { kind: 'joint', closes: '}' },
    '{ (status = error ^': { kind: 'joint', closes: ')' },
    '{ (status = error) ^': { kind: 'joint', closes: '}' },
    '{ span.a = span.b ^': { kind: 'joint', closes: '}' },
    '{ status = error && ^': FIELD,
    '{ duration > traceDuration * ^': FIELD,
    '{ ? ^': NONE,
  })
})

test('between stages', () => {
  check({
    '^': { kind: 'stage' },
    '(^': { kind: 'stage' },
    '{ } ^': { kind: 'stage operator', isNested: false },
    '({ } ^': { kind: 'stage operator', isNested: true },
    '({ } | select(name)) ^': { kind: 'stage operator', isNested: false },
    '{ } >> ^': { kind: 'stage' },
    '{ } !~ ^': { kind: 'stage' },
    '{ } | ^': { kind: 'function', after: 'spans' },
    '{ } | qua^': { kind: 'function', after: 'spans' },
    '{ } | by(name) ^': { kind: 'stage operator', isNested: false },
    '{ } | by(name) | ^': { kind: 'function', after: 'spans' },
    '{ } | count() > 2 ^': { kind: 'stage operator', isNested: false },
    '{ } | count() > 2 | ^': { kind: 'function', after: 'spans' },
    '{ } | unknown ^': NONE,
  })
})

test('of an aggregate: its argument, its comparison, its limit', () => {
  check({
    '{ } | avg(^': NUMBER,
    '{ } | avg(duration ^': end(null),
    '{ } | avg(duration / ^': NUMBER,
    '{ } | count(^': end(null),
    '{ } | count() ^': { kind: 'comparison' },
    '{ } | avg(duration) > ^': { kind: 'limit', of: 'avg' },
    '{ } | avg(span.x) > -^': { kind: 'limit', of: 'avg' },
    '{ } | avg(span.x) > -1 ^': { kind: 'stage operator', isNested: false },
  })
})

test('after and inside of metrics functions', () => {
  check({
    '{ } | rate(^': end(null),
    '{ } | rate() ^': { kind: 'series operator', canGroup: true, isNested: false },
    '{ } | rate() by (^': FIELD,
    '{ } | rate() by (name ^': end('field'),
    '{ } | rate() by (name, ^': FIELD,
    '{ } | rate() by (name) ^': { kind: 'series operator', canGroup: false, isNested: false },
    '{ } | rate() | ^': { kind: 'function', after: 'series' },
    '{ } | rate() | topk(^': { kind: 'argument', of: 'count' },
    '{ } | rate() | topk(3 ^': end(null),
    '{ } | rate() | topk(3) ^': { kind: 'series operator', canGroup: false, isNested: false },
    '{ } | rate() > ^': NONE,
    '{ } | rate() > 10 ^': { kind: 'series operator', canGroup: false, isNested: false },
    '{ } | quantile_over_time(^': NUMBER,
    '{ } | quantile_over_time(duration ^': end('quantile'),
    '{ } | quantile_over_time(duration, ^': { kind: 'argument', of: 'quantile' },
    '{ } | quantile_over_time(duration, .9 ^': end('quantile'),
    '{ } | histogram_over_time(span.size ^': end(null),
  })
})

test('inside of compare', () => {
  check({
    '{ } | compare(^': { kind: 'argument', of: 'selection' },
    '{ } | compare({ ^': FIRST,
    '{ } | compare({ status = error ^': { kind: 'joint', closes: '}' },
    '{ } | compare({ status = error } ^': end('count'),
    '{ } | compare({ status = error }, ^': { kind: 'argument', of: 'count' },
    '{ } | compare({ status = error }) ^': NONE,
  })
})

test('between series, and in hints', () => {
  check({
    '({ } | rate() ^': { kind: 'series operator', canGroup: true, isNested: true },
    '({ } | rate()) ^': { kind: 'series operator', canGroup: false, isNested: false },
    '({ } | rate()) / ^': { kind: 'stage' },
    '({ } | rate()) * 100 ^': { kind: 'series operator', canGroup: false, isNested: false },
    '{ } | rate() with (^': { kind: 'argument', of: 'hint' },
    '{ } | rate() with (exemplars ^': NONE,
    '{ } | rate() with (exemplars = ^': { kind: 'hint value', hint: 'exemplars' },
    '{ } | rate() with (exemplars = true ^': end('hint'),
    '{ } | rate() with (exemplars = true) ^': NONE,
  })
})
