import { expect, test } from 'vitest'
import { between, epochNanoseconds, millisecondsOf, parseMoment, ratio } from './units.ts'

test('a moment keeps its last nanosecond', () => {
  expect(parseMoment('1700000000123456789')).toBe(1700000000123456789n)
})

test('what says no moment is none', () => {
  for (const text of [undefined, '', '0', '-5', '1.5', 'soon', '123456789012345678901']) {
    expect(parseMoment(text), String(text)).toBeNull()
  }
})

test('the time between two moments has a sign', () => {
  const [early, late] = [
    epochNanoseconds(1_700_000_000_000_000_000n),
    epochNanoseconds(1_700_000_000_000_000_007n),
  ]
  expect(between(early, late)).toBe(7)
  expect(between(late, early)).toBe(-7)
  expect(millisecondsOf(late)).toBe(1_700_000_000_000)
})

test('a ratio stays between nothing and all', () => {
  expect([ratio(-1), ratio(0.5), ratio(7)]).toEqual([0, 0.5, 1])
})
