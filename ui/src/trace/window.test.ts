import { expect, test } from 'vitest'
import { randomOf } from '../test/random.ts'
import { nanoseconds } from '../ui/units.ts'
import {
  around,
  fitted,
  lengthOf,
  panned,
  type Window,
  wholeOf,
  windowOf,
  windowText,
  zoomed,
} from './window.ts'

const LENGTH = nanoseconds(1_000_000)
const window = (from: number, to: number): Window => ({ from: nanoseconds(from), to: nanoseconds(to) })

test.each([
  ['all of it', undefined, window(0, 1_000_000)],
  ['a part', '200,500', window(200, 500)],
  ['what sticks out is cut off', '900000,2000000', window(0, 1_000_000)],
  ['outside is nothing', '1000000,2000000', window(0, 1_000_000)],
  ['shorter than can be told apart', '500,501', window(500, 510)],
  ['nonsense', 'a,b', window(0, 1_000_000)],
])('%s', (_, text, expected) => {
  expect(windowOf(text, LENGTH)).toEqual(expected)
})

test('whatever one does, a window lies within the trace and is the same after a reload', () => {
  const random = randomOf(5)
  let shown = wholeOf(LENGTH)
  for (let i = 0; i < 2000; i++) {
    const way = random()
    if (way < 0.4) shown = zoomed(shown, LENGTH, 0.2 + 2 * random())
    else if (way < 0.8) shown = panned(shown, LENGTH, random() * 2 - 1)
    else shown = fitted(random() * 1e6, random() * 1e6, LENGTH)
    expect(shown.from).toBeGreaterThanOrEqual(0)
    expect(shown.to).toBeLessThanOrEqual(LENGTH)
    expect(lengthOf(shown)).toBeGreaterThan(9)
    const again = windowOf(windowText(shown, LENGTH), LENGTH)
    expect(Math.abs(again.from - shown.from)).toBeLessThan(2)
    expect(Math.abs(again.to - shown.to)).toBeLessThan(2)
  }
})

test('what one zooms around stays where it is', () => {
  const shown = zoomed(window(0, 1000), LENGTH, 0.5, 250)
  expect((250 - shown.from) / lengthOf(shown)).toBeCloseTo(0.25)
  expect(lengthOf(shown)).toBe(500)
})

test('a span is shown with room on both sides', () => {
  expect(around({ start: 1000, duration: 500 }, LENGTH)).toEqual(window(950, 1550))
  expect(around({ start: 0, duration: 1_000_000 }, LENGTH)).toEqual(wholeOf(LENGTH))
})

test('a trace without a length has one window', () => {
  const nothing = nanoseconds(0)
  expect(zoomed(wholeOf(nothing), nothing, 0.5)).toEqual(window(0, 0))
  expect(windowText(wholeOf(nothing), nothing)).toBeUndefined()
})
