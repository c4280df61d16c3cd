import { expect, test } from 'vitest'
import { nanoseconds } from '../ui/units.ts'
import { barOf, ticksOf } from './timeline.ts'
import { wholeOf } from './window.ts'

const bar = (start: number, duration: number, length: number) =>
  barOf({ start, duration }, wholeOf(nanoseconds(length)))

test('a bar is where its span is', () => {
  expect(bar(25, 50, 100)).toEqual({ left: 0.25, width: 0.5, outside: null })
  expect(bar(0, 100, 100)).toEqual({ left: 0, width: 1, outside: null })
})

test('no bar leaves the axis', () => {
  for (const [start, duration, length] of [
    [-50, 10, 100],
    [90, 500, 100],
    [500, 5, 100],
    [0, 0, 0],
    [3, 4, 0],
  ] as const) {
    const { left, width } = bar(start, duration, length)
    expect(left).toBeGreaterThanOrEqual(0)
    expect(left + width).toBeLessThanOrEqual(1)
  }
})

test('in a part of the time a bar is cut off, and where it is else is said', () => {
  const window = { from: nanoseconds(100), to: nanoseconds(200) }
  expect(barOf({ start: 50, duration: 100 }, window)).toEqual({ left: 0, width: 0.5, outside: null })
  expect(barOf({ start: 150, duration: 500 }, window)).toEqual({ left: 0.5, width: 0.5, outside: null })
  expect(barOf({ start: 0, duration: 900 }, window)).toEqual({ left: 0, width: 1, outside: null })
  expect(barOf({ start: 0, duration: 99 }, window).outside).toBe('before')
  expect(barOf({ start: 201, duration: 5 }, window).outside).toBe('after')
})

test.each([
  [100, 5, [0, 20, 40, 60, 80, 100]],
  [1_000_000, 4, [0, 500_000, 1_000_000]],
  [7, 5, [0, 2, 4, 6]],
  [1, 5, [0, 1]],
  [0, 5, [0]],
  [30, 6, [0, 5, 10, 15, 20, 25, 30]],
])('an axis of %d ns with %d steps', (length, count, ticks) => {
  expect(ticksOf(nanoseconds(length), count)).toEqual(ticks)
})

test('ticks are few and round whatever the length is', () => {
  for (let length = 1; length < 1e16; length = Math.ceil(length * 1.37)) {
    const ticks = ticksOf(nanoseconds(length), 6)
    expect(ticks.length).toBeLessThanOrEqual(7)
    expect(ticks.at(-1)).toBeLessThanOrEqual(length)
  }
})
