import { expect, test } from 'vitest'
import { Failure } from './failure.ts'
import { LIVE_INTERVAL, nextLive, RETRY_INTERVAL } from './refresh.ts'

test('a failure is given more time, and what cannot succeed is not asked again', () => {
  expect(nextLive(null)).toBe(LIVE_INTERVAL)
  expect(nextLive(new Failure('unreachable', 'GET /x', null, 'down'))).toBe(RETRY_INTERVAL)
  expect(nextLive(new Failure('refused', 'GET /x', 400, 'no'))).toBe(false)
  expect(nextLive(new TypeError('not foreseen'))).toBe(RETRY_INTERVAL)
})
