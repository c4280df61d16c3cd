import { expect, test } from 'vitest'
import { oddTrace } from '../../mock/odd.ts'
import { type Line, START, traceOf } from '../test/trace.ts'
import { readTrace } from './span.ts'
import { summaryOf } from './summary.ts'
import { treeOf } from './tree.ts'

function check(lines: Line[]) {
  const trace = traceOf(lines)
  return summaryOf(trace, treeOf(trace.spans))
}

test('a trace that is whole has nothing odd', () => {
  const summary = check([
    { id: 1, name: 'GET /', service: 'web' },
    { id: 2, parent: 1, service: 'cart', error: 'x' },
    { id: 3, parent: 2, service: 'cart' },
  ])
  expect(summary.root?.name).toBe('GET /')
  expect(summary.errors).toBe(1)
  expect(summary.oddities).toEqual([])
  expect(summary.services).toEqual([
    { service: 'cart', spans: 2, errors: 1 },
    { service: 'web', spans: 1, errors: 0 },
  ])
})

test('the root is the earliest span without a parent, not a span whose parent is missing', () => {
  const lines = [
    { id: 1, name: 'orphan', parent: 9, start: 0 },
    { id: 2, name: 'late root', start: 5 },
    { id: 3, name: 'root', start: 2 },
  ]
  expect(check(lines).root?.name).toBe('root')
  expect(check(lines.slice(0, 1)).root?.name).toBe('orphan')
  expect(check([]).root).toBeUndefined()
})

test('every oddity is counted and named', () => {
  const trace = readTrace(oddTrace(START))
  expect(summaryOf(trace, treeOf(trace.spans)).oddities).toEqual([
    '1 span names a parent that did not come',
    '1 span is its own ancestor',
    '1 span has the id of another',
    '1 span starts before its parent: clocks differ',
    '1 span ends before it starts',
    '1 span has no start time',
    '1 span has no end time',
    '1 span lost attributes, events or links on its way',
  ])
})

test('a span without a start is not called early', () => {
  expect(
    check([
      { id: 1, start: 5 },
      { id: 2, parent: 1, start: null },
    ]).oddities,
  ).toEqual(['1 span has no start time'])
})
