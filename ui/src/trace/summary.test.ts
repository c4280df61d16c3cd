import { expect, test } from 'vitest'
import { type Line, traceOf } from '../test/trace.ts'
import { operationAt } from './columns.ts'
import { selfTimes } from './self-time.ts'
import { summaryOf } from './summary.ts'

function check(lines: Line[]) {
  const trace = traceOf(lines)
  const summary = summaryOf(trace, selfTimes(trace))
  return { ...summary, rootName: operationAt(trace, summary.root ?? -1)?.name }
}

test('a trace is its root, its services and its errors', () => {
  const summary = check([
    { id: 1, name: 'GET /', service: 'web' },
    { id: 2, parent: 1, service: 'cart', error: 'x' },
    { id: 3, parent: 2, service: 'cart' },
  ])
  expect(summary.rootName).toBe('GET /')
  expect(summary.errors).toBe(1)
  expect(summary.services).toEqual([
    { service: 'cart', spans: 2, errors: 1, self: 2 },
    { service: 'web', spans: 1, errors: 0, self: 1 },
  ])
})

test('the root is the earliest span without a parent, not a span whose parent is missing', () => {
  const lines = [
    { id: 1, name: 'orphan', parent: 9, start: 0 },
    { id: 2, name: 'late root', start: 5 },
    { id: 3, name: 'root', start: 2 },
  ]
  expect(check(lines).rootName).toBe('root')
  expect(check(lines.slice(0, 1)).rootName).toBe('orphan')
  expect(check([]).root).toBeUndefined()
})
