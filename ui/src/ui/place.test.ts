import { expect, test } from 'vitest'
import { placeOf } from './place.ts'

const VIEW = { width: 1000, height: 600 }
const button = (left: number, top: number) => ({ left, top, right: left + 100, bottom: top + 28 })

test('it stands below or above its button, at one of its ends', () => {
  const size = { width: 200, height: 150 }
  expect(placeOf(button(300, 100), size, VIEW, 'bottom start')).toEqual({ left: 300, top: 136 })
  expect(placeOf(button(300, 100), size, VIEW, 'bottom end')).toEqual({ left: 200, top: 136 })
  expect(placeOf(button(300, 400), size, VIEW, 'top end')).toEqual({ left: 200, top: 242 })
})

test('it stays in the window', () => {
  const size = { width: 200, height: 150 }
  expect(placeOf(button(900, 100), size, VIEW, 'bottom start').left).toBe(788)
  expect(placeOf(button(0, 100), size, VIEW, 'bottom end').left).toBe(12)
})

test('without room it stands where there is more, and of what is too large the beginning is seen', () => {
  const size = { width: 200, height: 300 }
  expect(placeOf(button(300, 400), size, VIEW, 'bottom start').top).toBe(92)
  expect(placeOf(button(300, 100), size, VIEW, 'top end').top).toBe(136)
  expect(placeOf(button(300, 100), { width: 2000, height: 900 }, VIEW, 'bottom start')).toEqual({
    left: 12,
    top: 12,
  })
})
