import { expect, test } from 'vitest'
import { randomOf } from '../test/random.ts'
import { type Line, spanId, traceOf } from '../test/trace.ts'
import { at, childrenOf, endOf, type Trace } from './columns.ts'
import { rowOfKey } from './ids.ts'
import { selfTimes } from './self-time.ts'

function selfOf(lines: Line[], id: number): number | undefined {
  const trace = traceOf(lines)
  return selfTimes(trace)[rowOfKey(trace, spanId(id)) ?? -1]
}

const root = { id: 1, start: 0, end: 100 }

test.each<[string, Line[], number]>([
  ['alone it is the duration', [], 100],
  ['a child is taken off', [{ id: 2, parent: 1, start: 10, end: 30 }], 80],
  [
    'children at the same time count once',
    [
      { id: 2, parent: 1, start: 10, end: 30 },
      { id: 3, parent: 1, start: 20, end: 40 },
      { id: 4, parent: 1, start: 22, end: 25 },
    ],
    70,
  ],
  ['what sticks out is not its time', [{ id: 2, parent: 1, start: 90, end: 400 }], 90],
  [
    'a grandchild is its child’s',
    [
      { id: 2, parent: 1, start: 10, end: 30 },
      { id: 3, parent: 2, start: 10, end: 30 },
    ],
    80,
  ],
  ['a child that is over before', [{ id: 2, parent: 1, start: 0, end: 0 }], 100],
])('%s', (_, children, expected) => {
  expect(selfOf([root, ...children], 1)).toBe(expected)
})

/** Nanosecond by nanosecond. */
function slowly(trace: Trace, row: number): number {
  const children = [...childrenOf(trace, row)]
  let own = 0
  for (let moment = at(trace.start, row); moment < endOf(trace, row); moment++) {
    if (!children.some(child => at(trace.start, child) <= moment && moment < endOf(trace, child))) own += 1
  }
  return own
}

test('it is what counting says', () => {
  const random = randomOf(11)
  for (let round = 0; round < 30; round++) {
    const lines = Array.from({ length: 12 }, (_, i): Line => {
      const start = Math.floor(random() * 60)
      const line = { id: i + 1, start, end: start + Math.floor(random() * 60) }
      return i === 0 ? line : { ...line, parent: 1 + Math.floor(random() * i) }
    })
    const trace = traceOf(lines)
    selfTimes(trace).forEach((self, row) => {
      expect(self).toBe(slowly(trace, row))
    })
  }
})
