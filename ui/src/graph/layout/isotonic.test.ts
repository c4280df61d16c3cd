import { expect, test } from 'vitest'
import { randomOf } from '../../test/random.ts'
import { inRow, type Wish } from './isotonic.ts'

const wish = (at: number, weight = 1, room = 10): Wish => ({ at, weight, room })

test('who is in nobody’s way stands where it wishes', () => {
  expect(inRow([wish(0), wish(20), wish(35)])).toEqual([0, 20, 35])
  expect(inRow([])).toEqual([])
})

test('who would stand in each other’s way meet in the middle, the heavier nearer', () => {
  expect(inRow([wish(0), wish(0)])).toEqual([-5, 5])
  expect(inRow([wish(0, 3), wish(0, 1)])).toEqual([-2.5, 7.5])
})

test('room is kept, and no small shift of anybody would be better', () => {
  const random = randomOf(3)
  for (let round = 0; round < 50; round += 1) {
    const wishes = Array.from({ length: 8 }, () => wish(random() * 60, 0.5 + random() * 3, 5 + random() * 10))
    const places = inRow(wishes)
    const cost = (at: number[]) =>
      at.reduce((sum, y, i) => sum + (wishes[i]?.weight ?? 0) * (y - (wishes[i]?.at ?? 0)) ** 2, 0)
    const isKept = (at: number[]) =>
      at.every((y, i) => i === 0 || y - (at[i - 1] ?? 0) >= (wishes[i]?.room ?? 0) - 1e-9)
    expect(isKept(places)).toBe(true)
    // The best is the best near it: the question is convex.
    for (let from = 0; from < 8; from += 1) {
      for (let to = from; to < 8; to += 1) {
        for (const shift of [-0.01, 0.01]) {
          const other = places.map((y, i) => (i >= from && i <= to ? y + shift : y))
          if (isKept(other)) expect(cost(other)).toBeGreaterThanOrEqual(cost(places) - 1e-9)
        }
      }
    }
  }
})
