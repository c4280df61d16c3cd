import { expect, test } from 'vitest'
import { Failure } from '../api/failure.ts'
import { epochMilliseconds, milliseconds } from '../ui/units.ts'
import { type Freshness, liveState, STALE_AFTER } from './live.ts'

const NOW = epochMilliseconds(1_000_000)
const fresh: Freshness = { refresh: 'live', error: null, dataUpdatedAt: NOW - 500, errorUpdatedAt: 0 }
const down = new Failure('unreachable', 'GET /x', null, 'no answer')
const wrong = new Failure('refused', 'GET /x', 400, 'no such thing')

test.each<[string, Partial<Freshness>, object]>([
  ['an answer just came', {}, { kind: 'live', isPolled: false }],
  ['an answer came in place of a stream', { isPolled: true }, { kind: 'live', isPolled: true }],
  [
    'the last word of what speaks seldom is not old',
    { staleAfter: milliseconds(40_000), dataUpdatedAt: NOW - 39_000 },
    { kind: 'live', isPolled: false },
  ],
  ['nothing came yet', { dataUpdatedAt: 0 }, { kind: 'loading' }],
  [
    'the last answer is old',
    { dataUpdatedAt: NOW - STALE_AFTER - 1 },
    { kind: 'stale', age: STALE_AFTER + 1 },
  ],
  ['held', { refresh: 'paused', dataUpdatedAt: NOW - 60_000 }, { kind: 'paused', age: 60_000 }],
  ['a time that is past', { refresh: 'fixed' }, { kind: 'fixed' }],
  [
    'the server is gone',
    { error: down, errorUpdatedAt: NOW - 2_000 },
    { kind: 'reconnecting', retryIn: 3_000 },
  ],
  ['the retry is late', { error: down, errorUpdatedAt: NOW - 9_000 }, { kind: 'reconnecting', retryIn: 0 }],
  ['the question is wrong', { error: wrong, errorUpdatedAt: NOW }, { kind: 'stopped' }],
  ['a wrong question that is held', { refresh: 'paused', error: wrong }, { kind: 'stopped' }],
  [
    'an unexpected error',
    { error: new TypeError('x'), errorUpdatedAt: NOW },
    { kind: 'reconnecting', retryIn: 5_000 },
  ],
])('%s', (_, part, state) => {
  expect(liveState({ ...fresh, ...part }, NOW)).toEqual(state)
})

test('a clock that was set back makes nothing older than it is', () => {
  expect(liveState({ ...fresh, refresh: 'paused', dataUpdatedAt: NOW + 5_000 }, NOW)).toEqual({
    kind: 'paused',
    age: 0,
  })
})
