import { expect, test } from 'vitest'
import { comparisonOf } from '../../../mock/compare.ts'
import { joined, ofService, otlpSpan, spanId, traceId } from '../../../mock/otlp.ts'
import type { SchemaComparedNode, SchemaTraceItem, SchemaWork } from '../../api/schema.d.ts'
import { idIn, picked, questionFor } from './candidates.ts'
import { signedTime } from './contributions.tsx'
import { closedAtFirst, largestDifference, parentsIn, sidesOf, visibleRows } from './merged.ts'

const work = (critical_ns: number): SchemaWork => ({
  critical_ns,
  self_ns: 0,
  total_ns: 2 * critical_ns,
  span_count: 1,
  error_count: 0,
})

/** By depth alone: each below the one before that is less deep. */
function tree(...depths: number[]): SchemaComparedNode[] {
  return depths.map((depth, place) => {
    const parent = depths.slice(0, place).lastIndexOf(depth - 1)
    return {
      operation: { service: 'a', name: String(place), kind: 0 },
      parent: parent === -1 ? null : parent,
      depth,
      left: work(place),
      right: null,
      cut_count: 0,
    }
  })
}

test('nothing below a closed row is seen', () => {
  const nodes = tree(0, 1, 2, 2, 1, 2, 0)
  const rows = (...closed: number[]) => visibleRows(nodes, new Set(closed))
  expect(rows()).toEqual([0, 1, 2, 3, 4, 5, 6])
  expect(rows(1)).toEqual([0, 1, 4, 5, 6])
  expect(rows(0)).toEqual([0, 6])
  expect(rows(0, 1, 6)).toEqual([0, 6])
  expect(rows(2)).toEqual(rows())
  expect([...parentsIn(nodes)]).toEqual([0, 1, 4])
})

test('a large tree begins closed below its third level, a small one open', () => {
  expect(closedAtFirst(tree(0, 1, 2, 3, 4)).size).toBe(0)
  const large = tree(0, 1, 2, 3, ...Array.from({ length: 70 }, () => 1))
  expect([...closedAtFirst(large)]).toEqual([2])
})

test('a side without spans counts as nothing', () => {
  const [node] = tree(0)
  if (node === undefined) throw new Error('there is a node')
  expect(sidesOf({ ...node, left: null, right: work(7) }, 'critical_ns')).toEqual({
    left: 0,
    right: 7,
    difference: -7,
  })
  expect(largestDifference(tree(0, 1, 1), 'total_ns')).toBe(4)
  expect(largestDifference([], 'self_ns')).toBe(1)
})

test('of two traces the differences of the operations add up to that of the durations', () => {
  const trace = (id: number, slow: number) =>
    joined([
      ofService('web', [
        otlpSpan(traceId(id), spanId(1), 'GET /', {
          start: 1000n,
          end: 2000n + BigInt(slow),
          kind: 'server',
        }),
      ]),
      ofService('db', [
        otlpSpan(traceId(id), spanId(2), 'SELECT', {
          start: 1100n,
          end: 1200n + BigInt(slow),
          parent: spanId(1),
        }),
      ]),
    ])
  const compared = comparisonOf([traceId(1), trace(1, 700)], [traceId(2), trace(2, 0)])
  expect(compared.difference_ns).toBe(700)
  expect(compared.contributions.reduce((sum, one) => sum + one.difference_ns, 0)).toBe(700)
  expect(compared.contributions[0]?.operation.service).toBe('db')
  expect(compared.nodes.map(({ depth, parent }) => [depth, parent])).toEqual([
    [0, null],
    [1, 0],
  ])
})

const item = (trace_id: string, duration_ms: number, start: string): SchemaTraceItem => ({
  trace_id: trace_id.padStart(32, '0'),
  duration_ms,
  start_time_unix_nano: start,
  root_service: 'web',
  root_name: 'GET /',
  span_count: 1,
  error_count: 0,
  services: [],
})

test('others are offered by their start or their length, never the trace itself', () => {
  const traces = [item('a', 5, '90'), item('b', 1, '1000'), item('c', 9, '200')]
  const ids = (by: Parameters<typeof picked>[2], own = 'ff') =>
    picked(traces, own, by, 2).map(({ trace_id }) => trace_id.slice(-1))
  expect([ids('newest'), ids('fastest'), ids('slowest')]).toEqual([
    ['b', 'c'],
    ['b', 'a'],
    ['c', 'a'],
  ])
  expect(ids('fastest', 'B')).toEqual(['a', 'c'])
})

test('an id is found in what was pasted', () => {
  const id = traceId(7)
  expect([idIn(` ${id.toUpperCase()} `), idIn('7'), idIn(`https://x/traces/${id}?span=1`)]).toEqual([
    id,
    '7',
    id,
  ])
  expect([idIn(''), idIn('xyz'), idIn(`${id}0`), idIn('https://x/traces/')]).toEqual([null, null, null, null])
})

test('others begin with the same operation', () => {
  expect(questionFor({ service: 'a "b"', name: 'GET /' })).toBe(
    '{ nestedSetParent < 0 && resource.service.name = "a \\"b\\"" && name = "GET /" }',
  )
  expect(questionFor({ service: null, name: 'x' })).toBe('{ nestedSetParent < 0 && name = "x" }')
})

test('a difference has its sign', () => {
  expect([1_500_000, 0, -1_500_000].map(signedTime)).toEqual(['+1.50 ms', '0', '−1.50 ms'])
})
