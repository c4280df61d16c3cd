import { expect, test } from 'vitest'
import { Failure } from './failure.ts'
import { LIVE_INTERVAL, nextLive, RETRY_INTERVAL, refreshOf } from './refresh.ts'
import { timeRangeOf } from './time-range.ts'

test('a failure is given more time, and what cannot succeed is not asked again', () => {
  expect(nextLive(null)).toBe(LIVE_INTERVAL)
  expect(nextLive(new Failure('unreachable', 'GET /x', null, 'down'))).toBe(RETRY_INTERVAL)
  expect(nextLive(new Failure('refused', 'GET /x', 400, 'no'))).toBe(false)
  expect(nextLive(new TypeError('not foreseen'))).toBe(RETRY_INTERVAL)
})

test('only the present is live', () => {
  const past = timeRangeOf({ start: '2026-11-24T10:00:00.000Z', end: '2026-11-24T12:00:00.000Z' })
  expect(refreshOf(timeRangeOf({}), undefined)).toBe('live')
  expect(refreshOf(timeRangeOf({}), 'off')).toBe('paused')
  expect(refreshOf(past, undefined)).toBe('fixed')
})
