import { expect, test } from 'vitest'
import { traceOf } from '../test/trace.ts'
import { foldedToLevel, shownEntries } from './fold.ts'
import { hiddenServices, hiddenText } from './prune.ts'
import { sightOf } from './sight.ts'

/** `web > cart > db!`, and `web > stock > cart`. */
const trace = traceOf([
  { id: 1, service: 'web' },
  { id: 2, parent: 1, service: 'cart' },
  { id: 3, parent: 2, service: 'db', error: 'x' },
  { id: 4, parent: 1, service: 'stock' },
  { id: 5, parent: 4, service: 'cart' },
])
const none: ReadonlySet<string | null> = new Set()
const shown = (hidden: ReturnType<typeof sightOf>['hidden']) =>
  shownEntries(trace, foldedToLevel(undefined), hidden).map(row => row + 1)

test('without a question everything is seen', () => {
  expect(sightOf(trace, { hiddenServices: none, only: null })).toEqual({
    hidden: null,
    dimmed: null,
    pruned: new Map(),
    prunedSpans: 0,
  })
})

test('a pruned service goes with all that it called, and its parents say so', () => {
  const sight = sightOf(trace, { hiddenServices: new Set(['cart']), only: null })
  expect(shown(sight.hidden)).toEqual([1, 4])
  expect(sight.prunedSpans).toBe(3)
  expect([...sight.pruned]).toEqual([
    [0, { spans: 2, errors: 1 }],
    [3, { spans: 1, errors: 0 }],
  ])
})

test('a pruned root leaves nothing', () => {
  const sight = sightOf(trace, { hiddenServices: new Set(['web']), only: null })
  expect(shown(sight.hidden)).toEqual([])
  expect([sight.prunedSpans, sight.pruned.size]).toEqual([5, 0])
})

test('of some spans only, what is above them is dimmed', () => {
  const sight = sightOf(trace, { hiddenServices: none, only: Uint8Array.of(0, 1, 1, 0, 0) })
  expect(shown(sight.hidden)).toEqual([1, 2, 3])
  expect([...(sight.dimmed ?? [])]).toEqual([1, 0, 0, 0, 0])
})

test('what is pruned is not kept for being asked for', () => {
  const sight = sightOf(trace, { hiddenServices: new Set(['stock']), only: Uint8Array.of(0, 0, 0, 0, 1) })
  expect(shown(sight.hidden)).toEqual([])
})

test('hidden services are the same after a reload, whatever they are called', () => {
  for (const services of [[], ['a'], ['a,b', 'c'], [null], [null, '%', '%2C', ',']]) {
    expect(hiddenServices(hiddenText(new Set(services)))).toEqual(new Set(services))
  }
})
