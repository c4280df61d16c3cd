import { expect, test } from 'vitest'
import { partOf, wholeOf } from '../../mock/columns.ts'
import { dataOf, spanId, traceOf } from '../test/trace.ts'
import { readTrace, type Trace } from './columns.ts'
import { foldedToLevel, toggled } from './fold.ts'
import { type Ground, reveal, type Step, step, type View } from './steps.ts'

/** `1 > 2 > 3!`, and `4` and `5!` beside `2`. */
const LINES = [
  { id: 1 },
  { id: 2, parent: 1 },
  { id: 3, parent: 2, error: 'x' },
  { id: 4, parent: 1 },
  { id: 5, parent: 1, error: 'y' },
]
const trace = traceOf(LINES)
/** Nothing is hidden; 3 and 4 are found. */
const groundOf = (trace: Trace, more: Partial<Ground> = {}): Ground => ({
  trace,
  hidden: null,
  found: Uint8Array.of(0, 0, 1, 1, 0),
  ...more,
})
const open = foldedToLevel(undefined)
const folded2 = toggled(open, spanId(2))
const at = (id: number | undefined, folding = open): View => ({
  selected: id === undefined ? undefined : spanId(id),
  folding,
})

test.each<[string, View, Step, View]>([
  ['from nowhere down is the first', at(undefined), 'next', at(1)],
  ['from nowhere up is the last', at(undefined), 'previous', at(5)],
  ['down', at(2), 'next', at(3)],
  ['up', at(3), 'previous', at(2)],
  ['down over what is folded', at(2, folded2), 'next', at(4, folded2)],
  ['down from a span that is folded away', at(3, folded2), 'next', at(4, folded2)],
  ['the end stays', at(5), 'next', at(5)],
  ['the beginning stays', at(1), 'previous', at(1)],
  ['first', at(4), 'first', at(1)],
  ['last', at(1), 'last', at(5)],
  ['an open span closes', at(2), 'collapse', at(2, folded2)],
  ['a closed span goes to its parent', at(2, folded2), 'collapse', at(1, folded2)],
  ['a leaf goes to its parent', at(3), 'collapse', at(2)],
  ['a root that is closed stays', at(1, foldedToLevel(1)), 'collapse', at(1, foldedToLevel(1))],
  ['a closed span opens', at(2, folded2), 'expand', at(2)],
  ['an open span goes to its first child', at(1), 'expand', at(2)],
  ['a leaf has nowhere to go', at(4), 'expand', at(4)],
  ['nothing selected does not fold', at(undefined), 'collapse', at(undefined)],
  ['the first error', at(undefined), 'next error', at(3)],
  ['the last error', at(undefined), 'previous error', at(5)],
  ['the next error', at(3), 'next error', at(5)],
  ['errors go round', at(5), 'next error', at(3)],
  ['errors go round backwards', at(3), 'previous error', at(5)],
  ['an error that is folded away is shown', at(1, folded2), 'next error', at(3)],
  ['the first match', at(undefined), 'next match', at(3)],
  ['the next match', at(3), 'next match', at(4)],
  ['matches go round', at(4), 'next match', at(3)],
  ['matches go round backwards', at(3), 'previous match', at(4)],
])('%s', (_, view, way, expected) => {
  expect(step(groundOf(trace), view, way)).toEqual(expected)
})

test('without errors there is nowhere to go', () => {
  const fine = traceOf([{ id: 1 }, { id: 2, parent: 1 }])
  const view = at(1)
  expect(step(groundOf(fine), view, 'next error')).toBe(view)
  expect(step(groundOf(traceOf([])), view, 'next')).toBe(view)
})

test('a selected span that is not in the trace counts as none', () => {
  expect(step(groundOf(trace), at(77), 'next')).toEqual(at(1))
})

test('what is hidden is never come by', () => {
  const ground = groundOf(trace, { hidden: Uint8Array.of(0, 1, 1, 0, 0) })
  expect(step(ground, at(1), 'next')).toEqual(at(4))
  expect(step(ground, at(1), 'expand')).toEqual(at(4))
  expect(step(ground, at(undefined), 'next error')).toEqual(at(5))
  expect(step(ground, at(undefined), 'next match')).toEqual(at(4))
})

test('without matches there is nowhere to go', () => {
  const view = at(1)
  expect(step(groundOf(trace, { found: null }), view, 'next match')).toBe(view)
})

test('a jump opens what hides the span', () => {
  expect(reveal(trace, at(1, folded2), spanId(3))).toEqual(at(3))
  expect(reveal(trace, at(1), spanId(77))).toEqual(at(1))
})

test('what is missing is come by as rows are, and is no span', () => {
  const answer = partOf(wholeOf('7', dataOf(LINES)), { depth: 2 })
  if (answer === null) throw new Error('there is a part of it')
  // `1 > 2 > (1 more)`, and 4 and 5 beside `2`.
  const part = readTrace(answer)
  const ground: Ground = { trace: part, hidden: null, found: null }
  const more: View = { selected: `${spanId(2)}~more`, folding: open }
  expect(step(ground, at(2), 'next')).toEqual(more)
  expect(step(ground, at(2), 'expand')).toEqual(more)
  expect(step(ground, more, 'next')).toEqual(at(4))
  expect(step(ground, more, 'previous')).toEqual(at(2))
  expect(step(ground, more, 'collapse')).toEqual(at(2))
  expect(step(ground, more, 'next error')).toEqual(at(5))
  expect(step(ground, at(2, folded2), 'next')).toEqual(at(4, folded2))
})
