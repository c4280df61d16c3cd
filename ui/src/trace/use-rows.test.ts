import { expect, test } from 'vitest'
import { windowOf } from './use-rows.ts'

test.each([
  ['at first only what is in sight', [0, 4, 1000, false], [0, 24]],
  ['then what a slow scroll needs', [0, 4, 1000, true], [0, 40]],
  ['all that is in sight of what is scrolled at once', [3, 4, 1000, false], [16, 64]],
  ['on both sides', [3, 4, 1000, true], [16, 64]],
  ['no more than there is', [0, 4, 10, false], [0, 10]],
  ['up to the end', [20, 4, 170, true], [122, 170]],
] as const)('%s', (_, [firstBlock, blocks, count, isShown], [first, last]) => {
  expect(windowOf(firstBlock, blocks, count, isShown)).toEqual({ first, last, slots: 48 })
})
