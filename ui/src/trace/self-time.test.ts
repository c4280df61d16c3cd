import { expect, test } from 'vitest'
import { randomOf } from '../test/random.ts'
import { type Line, spanId, traceOf } from '../test/trace.ts'
import { selfTimes } from './self-time.ts'
import { type Tree, treeOf } from './tree.ts'

function selfOf(lines: Line[], id: number): number | undefined {
  const tree = treeOf(traceOf(lines).spans)
  return selfTimes(tree)[tree.places.get(spanId(id)) ?? -1]
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
function slowly(tree: Tree, place: number): number {
  const span = tree.nodes[place]?.span
  if (span === undefined) return 0
  const children = tree.nodes.filter(({ parent }) => parent === place).map(({ span }) => span)
  let own = 0
  for (let at = span.start as number; at < span.start + span.duration; at++) {
    if (!children.some(({ start, duration }) => start <= at && at < start + duration)) own += 1
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
    const tree = treeOf(traceOf(lines).spans)
    const self = selfTimes(tree)
    tree.nodes.forEach((_, place) => {
      expect(self[place]).toBe(slowly(tree, place))
    })
  }
})
