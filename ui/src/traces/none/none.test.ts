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

const said = (found: Record<string, Finds>, service?: string) => conclusion(TRIALS, found, service)

test('what the trials come to is said in a sentence', () => {
  expect(said(found('+-+', '---'))).toBe('No span fulfils `.b = 2`.')
  expect(said(found('--+', '---'))).toBe('2 of the clauses are fulfilled by no span.')
  expect(said(found('+++', '--+'))).toBe('Without `.c = 3` there are traces.')
  expect(said(found('+++', '-++'))).toMatch(/^Each clause/)
  expect(said({})).toBeNull()
})

test('nothing is said that an answer still to come may belie', () => {
  const { '{ .b = 2 && .c = 3 }': _, ...known } = found('+++', '+-+')
  expect(Object.keys(known)).toHaveLength(5)
  expect(said(known)).toBeNull()
})

test('a clause that was not searched for to the end is not said to be fulfilled', () => {
  expect(said({ ...found('+++', '---'), '{ .a = 1 }': 'none so far' })).toMatch(/^Not every clause/)
})

test('with a service it is said of which traces', () => {
  expect(said(found('+-+', '---'), 'cart')).toBe('No span in traces with cart fulfils `.b = 2`.')
  expect(said(found('+++', '--+'), 'cart')).toBe('Without `.c = 3` there are traces with cart.')
  expect(said(found('+++', '---'), 'cart')).toMatch(/by some span in traces with cart,/)
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
