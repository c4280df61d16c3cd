import { expect, test } from 'vitest'
import { parseSearch, stringifySearch } from '../app/search.ts'
import { limitAbove, questionOf, tracesSearch } from './question.ts'

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

test('more is offered until there is no more', () => {
  expect([50, 70, 200, 1000].map(limitAbove)).toEqual([200, 200, 1000, undefined])
})
