import { expect, test } from 'vitest'
import { randomOf } from '../test/random.ts'
import { fitOf } from './score.ts'

/** The texts that fit, the best first. */
function ranked(query: string, texts: readonly string[]): string[] {
  return texts
    .flatMap(text => {
      const fit = fitOf(query, text)
      return fit === null ? [] : [{ text, score: fit.score }]
    })
    .sort((a, b) => b.score - a.score)
    .map(({ text }) => text)
}

test.each<[string, string[]]>([
  ['cart', ['cart', 'cart-v2', 'shop/cart', 'old-carton', 'c-a-r-t']],
  ['gtt', ['Go to the topology', 'getting it too']],
  ['pay', ['payment', 'api.payhub.example', 'p-a-y']],
  ['last hour', ['Last hour', 'Last 6 hours']],
  ['dark', ['Theme: dark']],
])('%s', (query, expected) => {
  const shuffledTexts = [...expected].reverse()
  expect(ranked(query, shuffledTexts)).toEqual(expected)
})

test('letters that are not there, or in another order, do not fit', () => {
  expect(fitOf('tac', 'cart')).toBeNull()
  expect(fitOf('cartx', 'cart')).toBeNull()
  expect(fitOf('cart x', 'cart')).toBeNull()
})

test('nothing typed fits everything, and words fit in any order', () => {
  expect(fitOf('  ', 'cart')?.ranges).toEqual([])
  expect(fitOf('hour last', 'Last hour')?.ranges).toEqual([
    [0, 4],
    [5, 9],
  ])
})

test('what is said to fit is what was typed', () => {
  const random = randomOf(5)
  const letters = (length: number) =>
    Array.from({ length }, () => 'abc-/ '.charAt(Math.floor(random() * 6))).join('')
  for (let i = 0; i < 1000; i += 1) {
    const [query, text] = [letters(4).replaceAll(' ', ''), letters(14)]
    const fit = fitOf(query, text)
    const isSubsequence = new RegExp(
      [...query].map(letter => letter.replace('/', '\\/')).join('.*'),
      's',
    ).test(text)
    expect(fit !== null, `${query} in ${text}`).toBe(isSubsequence)
    if (fit === null) continue
    const shown = fit.ranges.map(([start, end]) => text.slice(start, end)).join('')
    expect(shown, text).toBe(query)
  }
})
