import { expect, test } from 'vitest'
import type { Finds } from '../../api/queries-search.ts'
import { conclusion, queriesOf, trialsOf } from './trials.ts'
import { distanceOf, unknownIn } from './unknown.ts'

const TRIALS = trialsOf(['.a = 1', '.b = 2', '.c = 3'])

const found = (alone: string, without: string): Record<string, Finds> => {
  const word = (letter: string | undefined): Finds => (letter === '+' ? 'some' : 'none')
  return Object.fromEntries(
    TRIALS.flatMap((trial, i) => [
      [trial.alone, word(alone[i])],
      [trial.without, word(without[i])],
    ]),
  )
}

test('each clause is tried alone and left out, but not too many', () => {
  expect(TRIALS[1]).toEqual({ clause: '.b = 2', alone: '{ .b = 2 }', without: '{ .a = 1 && .c = 3 }' })
  expect(trialsOf(['.a'])).toEqual([])
  expect(trialsOf(Array.from({ length: 7 }, (_, i) => `.a${i}`))).toEqual([])
})

test('no question is asked twice', () => {
  expect(queriesOf(trialsOf(['.a', '.b']))).toEqual(['{ .a }', '{ .b }'])
  expect(queriesOf(TRIALS)).toHaveLength(6)
})

test('what the trials come to is said in a sentence', () => {
  expect(conclusion(TRIALS, found('+-+', '---'))).toBe('No span fulfils `.b = 2`.')
  expect(conclusion(TRIALS, found('--+', '---'))).toBe('2 of the clauses are fulfilled by no span.')
  expect(conclusion(TRIALS, found('+++', '--+'))).toBe('Without `.c = 3` there are traces.')
  expect(conclusion(TRIALS, found('+++', '-++'))).toMatch(/^Each clause/)
  expect(conclusion(TRIALS, {})).toBeNull()
})

test('an attribute that nobody has is named, with what may have been meant', () => {
  const names = new Map([
    ['resource', ['service.name']],
    ['span', ['http.route', 'item']],
  ])
  expect(unknownIn('{ span.http.rout = "a" && .item = 1 && resource.service.name = "x" }', names)).toEqual([
    { text: 'span.http.rout', meant: 'span.http.route' },
  ])
  expect(unknownIn('{ span.service.name = "x" && span.nothing.like.it }', names)).toEqual([
    { text: 'span.service.name', meant: 'resource.service.name' },
    { text: 'span.nothing.like.it', meant: null },
  ])
  expect(distanceOf('kitten', 'sitting')).toBe(3)
})
