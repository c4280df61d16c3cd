import { expect, test } from 'vitest'
import { timeRangeOf } from '../api/time-range.ts'
import { parseSearch, stringifySearch } from '../app/search.ts'
import { limitAbove, questionOf, refreshOf, tracesSearch } from './question.ts'

test('a search survives the way through the URL', () => {
  const searches = [
    {},
    { service: 'cart' },
    { service: '12345', range: '15m', limit: 200 },
    { start: '2026-11-24T10:00:00.000Z', end: '2026-11-24T12:00:00.000Z', service: 'a b&c' },
  ] as const
  for (const search of searches) expect(tracesSearch(parseSearch(stringifySearch(search)))).toEqual(search)
})

test('what cannot be asked is not asked', () => {
  expect(tracesSearch({ service: ' ', limit: '5000', range: 'ever', other: 'x' })).toEqual({})
  expect(tracesSearch({ limit: '50' })).toEqual({})
  expect(questionOf({})).toEqual({ range: { kind: 'relative', range: '1h' }, service: undefined, limit: 50 })
})

test('only the present is live', () => {
  const past = timeRangeOf({ start: '2026-11-24T10:00:00.000Z', end: '2026-11-24T12:00:00.000Z' })
  expect(refreshOf(timeRangeOf({}), undefined)).toBe('live')
  expect(refreshOf(timeRangeOf({}), 'off')).toBe('paused')
  expect(refreshOf(past, undefined)).toBe('fixed')
})

test('more is offered until there is no more', () => {
  expect([50, 70, 200, 1000].map(limitAbove)).toEqual([200, 200, 1000, undefined])
})
