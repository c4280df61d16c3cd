import { expect, test } from 'vitest'
import { windowOf } from './use-rows.ts'

const rows = (ends: number[], top: number, bottom: number) => {
  const packed = windowOf(ends, top, bottom)
  return [Math.floor(packed / 65536), packed % 65536]
}
const equal = (count: number) => Array.from({ length: count }, (_, place) => (place + 1) * 10)

test('rows in sight are there with some more on both sides, and not many others', () => {
  for (let top = -500; top < 10_500; top += 37) {
    const [first = 0, last = 0] = rows(equal(1000), top, top + 200)
    const [from, to] = [Math.max(0, top / 10 - 10), Math.min(1000, (top + 200) / 10 + 10)]
    expect(first).toBeLessThanOrEqual(Math.max(0, Math.min(from, 1000)))
    expect(last).toBeGreaterThanOrEqual(Math.min(to, 1000))
    expect(last - first).toBeLessThan(20 + 2 * 10 + 2 * 8 + 2)
  }
})

test('few rows are all there, none is none', () => {
  expect(rows(equal(3), 0, 600)).toEqual([0, 3])
  expect(rows([], 0, 600)).toEqual([0, 0])
})

test('a high row takes the place of many', () => {
  const ends = equal(100).map((end, place) => (place < 50 ? end : end + 5000))
  expect(rows(ends, 600, 700)[0]).toBe(40)
  expect(rows(ends, 600, 700)[1]).toBe(64)
})
