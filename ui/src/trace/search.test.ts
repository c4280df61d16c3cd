// @vitest-environment happy-dom
import { expect, test } from 'vitest'
import { parseSearch, stringifySearch } from '../app/search.ts'
import { type TraceSearch, traceSearch } from '../routes/trace.tsx'
import { randomOf } from '../test/random.ts'

/** Some of the values that each parameter may have. */
const VALUES: { [Name in keyof Required<TraceSearch>]: readonly NonNullable<TraceSearch[Name]>[] } = {
  span: ['00f067aa0ba902b7', '12', '7~2'],
  view: ['flame', 'table', 'analysis', 'compare'],
  with: ['00f067aa0ba902b700f067aa0ba902b7', '7'],
  depth: [1, 99],
  fold: ['a,b~2'],
  zoom: ['0,10', '1200,99000'],
  cp: [1],
  find: ['cart', '-redis "a b"', 'http.route=/cart/{id}', '100%'],
  only: ['matches', 'path'],
  hideSvc: ['a,b', '%', 'x%2Cy'],
  colour: ['status', 'duration'],
  sort: ['-self', 'name'],
  group: ['operation'],
}

test('whatever a view shows, its URL shows again', () => {
  const random = randomOf(3)
  for (let round = 0; round < 500; round++) {
    const chosen = Object.entries(VALUES).flatMap(([name, values]) =>
      random() < 0.5 ? [] : [[name, values[Math.floor(random() * values.length)]] as const],
    )
    const search = Object.fromEntries(chosen)
    expect(traceSearch(parseSearch(stringifySearch(search)))).toEqual(search)
  }
})

test('what says nothing is left out', () => {
  const search = parseSearch(
    '?view=list&with=xyz&depth=0&zoom=9,3&cp=yes&only=some&colour=red&group=x&find=%20&span=',
  )
  expect(traceSearch(search)).toEqual({})
})
