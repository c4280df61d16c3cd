import { expect, test } from 'vitest'
import { type Line, sentTraceOf, spanId } from '../src/test/trace.ts'
import { treeOf } from './tree.ts'

/** Lays out spans and compares a line per row: indented by depth, with the reason for a place at the top. */
function check(lines: Line[], expected: string[]) {
  const tree = treeOf(sentTraceOf(lines).spans)
  const shown = tree.nodes.map(node => {
    const reason = node.top === null || node.top === 'root' ? '' : ` (${node.top})`
    return `${'  '.repeat(node.depth)}${node.span.name}${reason}`
  })
  expect(shown).toEqual(expected)
  expect(shown.length).toBe(lines.length)
  return tree
}

test('children are below their parents, siblings by start', () => {
  check(
    [
      { id: 1, name: 'root', start: 0 },
      { id: 2, name: 'late', parent: 1, start: 9 },
      { id: 3, name: 'early', parent: 1, start: 1 },
      { id: 4, name: 'inner', parent: 3, start: 5 },
    ],
    ['root', '  early', '    inner', '  late'],
  )
})

test('a span that started before its parent is still its child', () => {
  check(
    [
      { id: 1, name: 'root', start: 10 },
      { id: 2, name: 'ahead', parent: 1, start: 0 },
    ],
    ['root', '  ahead'],
  )
})

test('a span whose parent did not come stands at the top and says so', () => {
  check(
    [
      { id: 1, name: 'root', start: 0 },
      { id: 5, name: 'orphan', parent: 99, start: 2 },
      { id: 6, name: 'its child', parent: 5, start: 3 },
    ],
    ['root', 'orphan (parent missing)', '  its child'],
  )
})

test('a circle is cut at its earliest span', () => {
  check(
    [
      { id: 1, name: 'a', parent: 3, start: 2 },
      { id: 2, name: 'b', parent: 1, start: 1 },
      { id: 3, name: 'c', parent: 2, start: 3 },
      { id: 4, name: 'd', parent: 3, start: 4 },
    ],
    ['b (circle)', '  c', '    a', '    d'],
  )
})

test('a span that is its own parent stands at the top', () => {
  check([{ id: 1, name: 'self', parent: 1 }], ['self (circle)'])
})

test('of two halves the client is above the server, and others go to the half of their own service', () => {
  check(
    [
      { id: 1, name: 'root', service: 'front', start: 0 },
      { id: 2, name: 'server half', parent: 1, service: 'back', kind: 'server', start: 1 },
      { id: 2, name: 'client half', parent: 1, service: 'front', kind: 'client', start: 2 },
      { id: 3, name: 'of back', parent: 2, service: 'back', start: 3 },
      { id: 4, name: 'of front', parent: 2, service: 'front', start: 4 },
      { id: 5, name: 'of another', parent: 2, service: 'db', start: 5 },
    ],
    ['root', '  client half', '    server half', '      of back', '      of another', '    of front'],
  )
})

test('two spans of one id are two rows', () => {
  check(
    [
      { id: 1, name: 'root', start: 0 },
      { id: 2, name: 'twin', parent: 1, start: 1 },
      { id: 2, name: 'twin', parent: 1, start: 1, end: 3 },
      { id: 3, name: 'child', parent: 2, start: 2 },
    ],
    ['root', '  twin', '    child', '  twin'],
  )
})

test('a span that was sent again is one row', () => {
  const line: Line = { id: 2, name: 'child', parent: 1, start: 1 }
  const tree = treeOf(sentTraceOf([{ id: 1, name: 'root', start: 0 }, line, line]).spans)
  expect(tree.nodes.map(({ span }) => span.name)).toEqual(['root', 'child'])
})

test('a node knows what is below it', () => {
  const tree = check(
    [
      { id: 1, name: 'root', error: 'itself' },
      { id: 2, name: 'fine', parent: 1 },
      { id: 3, name: 'broken', parent: 2, error: 'x' },
      { id: 4, name: 'leaf', parent: 1, error: 'y' },
    ],
    ['root', '  fine', '    broken', '  leaf'],
  )
  expect(tree.nodes.map(node => [node.below, node.errorsBelow])).toEqual([
    [3, 2],
    [1, 1],
    [0, 0],
    [0, 0],
  ])
  expect(tree.nodes.map(node => node.parent)).toEqual([null, 0, 1, 0])
  expect(tree.depth).toBe(3)
  expect(tree.places.get(spanId(3))).toBe(2)
})

test('a chain deeper than any stack is laid out', () => {
  const lines = Array.from({ length: 30_000 }, (_, i) => ({ id: i + 1, ...(i === 0 ? {} : { parent: i }) }))
  const tree = treeOf(sentTraceOf(lines).spans)
  expect(tree.depth).toBe(30_000)
  expect(tree.nodes[0]?.below).toBe(29_999)
})

test('whatever the parents are, every span has exactly one row, below its parent', () => {
  // A fixed sequence of numbers (linear congruential), so that a failure can be repeated.
  let state = 12_345
  const random = (below: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return state % below
  }
  for (let round = 0; round < 200; round++) {
    const count = 1 + random(20)
    const lines = Array.from({ length: count }, () => ({
      id: 1 + random(12),
      parent: 1 + random(16),
      start: random(30),
      service: ['a', 'b', null][random(3)] ?? null,
      ...(random(2) === 0 ? { kind: (['server', 'client'] as const)[random(2)] ?? 'server' } : {}),
    }))
    const { spans } = sentTraceOf(lines)
    const tree = treeOf(spans)
    expect(new Set(tree.nodes.map(node => node.span))).toEqual(new Set(spans))
    expect(tree.nodes.length).toBe(spans.length)
    tree.nodes.forEach((node, place) => {
      const parent = node.parent === null ? undefined : tree.nodes[node.parent]
      expect(node.depth).toBe(parent === undefined ? 0 : parent.depth + 1)
      if (node.parent !== null && parent !== undefined)
        expect(place).toBeLessThanOrEqual(node.parent + parent.below)
    })
  }
})
