import { expect, test } from 'vitest'
import { epochMilliseconds } from '../ui/units.ts'
import {
  apiRange,
  fixed,
  rangeBackTo,
  searchOf,
  type TimeRange,
  timeRangeOf,
  timeRangeSearch,
} from './time-range.ts'

const NOW = epochMilliseconds(Date.parse('2026-11-24T12:00:00Z'))
const absolute: TimeRange = {
  kind: 'absolute',
  start: epochMilliseconds(Date.parse('2026-11-24T10:00:00Z')),
  end: NOW,
}

test('a range survives the way through the URL', () => {
  const ranges: TimeRange[] = [
    { kind: 'relative', range: '15m' },
    { kind: 'relative', range: '1h' },
    absolute,
  ]
  for (const range of ranges) expect(timeRangeOf(timeRangeSearch({ ...searchOf(range) }))).toEqual(range)
})

test('the default leaves the URL clean', () => {
  expect(searchOf({ kind: 'relative', range: '1h' })).toEqual({})
  expect(timeRangeOf({})).toEqual({ kind: 'relative', range: '1h' })
})

test('a page may have another default', () => {
  expect(searchOf({ kind: 'relative', range: '5m' }, '5m')).toEqual({})
  expect(searchOf({ kind: 'relative', range: '1h' }, '5m')).toEqual({ range: '1h' })
  expect(timeRangeSearch({ range: '5m' }, '5m')).toEqual({})
  expect(timeRangeOf({}, '5m')).toEqual({ kind: 'relative', range: '5m' })
})

test('what is no range is left out', () => {
  const wrong = [
    { range: '3w' },
    { range: 'toString' },
    { range: 5 },
    { start: '2026-11-24T10:00:00Z' },
    { start: '2026-11-24T10:00:00Z', end: '2026-11-24T09:00:00Z' },
    { start: 'yesterday', end: 'today' },
  ]
  for (const search of wrong) expect(timeRangeSearch(search)).toEqual({})
})

test('an absolute range wins over a relative one', () => {
  const search = timeRangeSearch({
    range: '5m',
    start: '2026-11-24T10:00:00Z',
    end: '2026-11-24T12:00:00+00:00',
  })
  expect(timeRangeOf(search)).toEqual(absolute)
})

test('the API is asked up to now, or for exactly the range', () => {
  expect(apiRange({ kind: 'relative', range: '6h' })).toEqual({ start: 'now-6h' })
  expect(apiRange(absolute)).toEqual({ start: '2026-11-24T10:00:00.000Z', end: '2026-11-24T12:00:00.000Z' })
})

test('a fixed range does not move any more', () => {
  expect(fixed({ kind: 'relative', range: '24h' }, NOW)).toEqual({
    kind: 'absolute',
    start: Date.parse('2026-11-23T12:00:00Z'),
    end: NOW,
  })
  expect(fixed(absolute, epochMilliseconds(NOW + 1))).toBe(absolute)
})

test('the shortest range that reaches back far enough is offered', () => {
  const ago = (minutes: number) => epochMilliseconds(NOW - minutes * 60_000)
  expect(rangeBackTo(ago(1), NOW)).toBe('5m')
  expect(rangeBackTo(ago(90), NOW)).toBe('6h')
  expect(rangeBackTo(ago(60 * 24 * 20), NOW)).toBeNull()
})
