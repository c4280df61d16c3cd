import { expect, test } from 'vitest'
import { oddTrace } from '../../mock/odd.ts'
import { type Line, readAll, START, traceOf } from '../test/trace.ts'
import { odditiesOf, stickingOut } from './oddities.ts'
import { spanAt } from './span.ts'

const MS = 1e6
const odd = (lines: Line[]) => odditiesOf(traceOf(lines)).map(({ words }) => words)

test('a trace that is whole has nothing odd', () => {
  expect(
    odd([
      { id: 1, start: 0, end: 9 },
      { id: 2, parent: 1 },
    ]),
  ).toEqual([])
})

test('every oddity is counted, named, and knows its spans', () => {
  const trace = readAll(oddTrace(START))
  const oddities = odditiesOf(trace)
  expect(oddities.map(({ words }) => words)).toEqual([
    '1 span has no parent: it did not come',
    '1 span is its own ancestor',
    '1 span has the id of another',
    '1 span starts before its parent, by up to 55.0 ms: clocks differ',
    '1 span ends after its parent, by up to 20.0 ms: nobody waited for it, or clocks differ',
    '1 span ends before it starts',
    '1 span has no start time',
    '1 span has no end time',
    '1 span lost attributes, events or links on its way',
  ])
  const [orphan] = oddities[0]?.rows ?? []
  expect(spanAt(trace, orphan ?? -1).name).toBe('a parent that did not come')
})

test('the amount by which clocks differ is that of the worst', () => {
  const lines = [
    { id: 1, start: 100 * MS, end: 200 * MS },
    { id: 2, parent: 1, start: 90 * MS, end: 150 * MS },
    { id: 3, parent: 1, start: 70 * MS, end: 150 * MS },
  ]
  expect(odd(lines)).toEqual(['2 spans start before their parents, by up to 30.0 ms: clocks differ'])
})

test('a little is nothing to speak of, but the span itself says it', () => {
  const trace = traceOf([
    { id: 1, start: 10 * MS, end: 60 * MS },
    { id: 2, parent: 1, start: 9.5 * MS, end: 60.5 * MS },
  ])
  expect(odditiesOf(trace)).toEqual([])
  expect(stickingOut(trace, 1)).toEqual({ before: 0.5 * MS, after: 0.5 * MS })
})

test('nobody waits for a consumer', () => {
  expect(
    odd([
      { id: 1, start: 0, end: 10 * MS },
      { id: 2, parent: 1, kind: 'consumer', start: 5 * MS, end: 90 * MS },
    ]),
  ).toEqual([])
})

test('a span without a start is not called early', () => {
  expect(
    odd([
      { id: 1, start: 5 },
      { id: 2, parent: 1, start: null },
    ]),
  ).toEqual(['1 span has no start time'])
})
