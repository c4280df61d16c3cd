import { expect, test } from 'vitest'
import { edge, graph, node, patch } from '../test/graph.ts'
import { after, patched } from './graph.ts'

const before = graph([node('a'), node('b'), node('c')], [edge('a', 'b'), edge('b', 'c')])

test('a patch changes what it names and nothing else', () => {
  const now = patched(before, {
    ...patch('2'),
    nodes: { upsert: [node('b', { requests: 99 }), node('d')], remove: ['c'] },
    edges: { upsert: [edge('a', 'd')], remove: ['b>c'] },
    unpaired: { no_target: 3 },
  })
  expect(now.nodes.map(({ id, requests }) => [id, requests])).toEqual([
    ['a', 100],
    ['b', 99],
    ['d', 100],
  ])
  expect(now.nodes[0]).toBe(before.nodes[0])
  expect(now.edges.map(({ id }) => id)).toEqual(['a>b', 'a>d'])
  expect([now.rev, now.unpaired]).toEqual(['2', { no_target: 3 }])
  expect(before.nodes.map(({ id }) => id)).toEqual(['a', 'b', 'c'])
})

test('a patch that says nothing leaves nodes and edges the same', () => {
  const now = patched(before, patch('2'))
  expect(now.nodes).toBe(before.nodes)
  expect(now.edges).toBe(before.edges)
})

test('patches one by one come to what the last snapshot says', () => {
  const steps = [
    { ...patch('2'), nodes: { upsert: [node('d')], remove: ['a'] }, edges: { upsert: [], remove: ['a>b'] } },
    {
      ...patch('3'),
      nodes: { upsert: [node('a')], remove: [] },
      edges: { upsert: [edge('a', 'd')], remove: [] },
    },
  ]
  const end = steps.reduce(patched, before)
  expect(new Set(end.nodes)).toEqual(new Set([node('a'), node('b'), node('c'), node('d')]))
  expect(new Set(end.edges)).toEqual(new Set([edge('b', 'c'), edge('a', 'd')]))
})

test('a stream begins with a snapshot, and a heartbeat changes nothing', () => {
  expect(after(undefined, { kind: 'patch', patch: patch('2') })).toBeUndefined()
  expect(after(undefined, { kind: 'snapshot', graph: before })).toBe(before)
  expect(after(before, { kind: 'heartbeat' })).toBe(before)
})
