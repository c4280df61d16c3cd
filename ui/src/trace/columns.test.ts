import { expect, test } from 'vitest'
import { partOf, wholeOf } from '../../mock/columns.ts'
import { oddTrace } from '../../mock/odd.ts'
import { readTrace as readSent } from '../../mock/span.ts'
import { treeOf } from '../../mock/tree.ts'
import { randomOf } from '../test/random.ts'
import { randomTrace } from '../test/random-trace.ts'
import { readAll, START, traceOf } from '../test/trace.ts'
import { at, childrenOf, isError, missingIn, NONE, readTrace, type Trace } from './columns.ts'
import { keyAt, rowOfHalf, rowOfKey, rowsOfId } from './ids.ts'
import { spanAt } from './span.ts'

test('columns say of every span what the spans themselves say', () => {
  const random = randomOf(31)
  for (let round = 0; round < 60; round++) {
    const data = randomTrace(random, 1 + Math.floor(random() * 60))
    const trace = readAll(data)
    const { nodes, depth } = treeOf(readSent(data).spans)
    expect(trace.rowCount).toBe(nodes.length)
    expect(trace.depth).toBe(depth)
    nodes.forEach((node, row) => {
      const { service, name, kind, status, start, duration, oddity, spanId } = node.span
      expect(spanAt(trace, row)).toMatchObject({
        spanId,
        service,
        name,
        kind,
        status,
        start,
        duration,
        oddity,
      })
      expect([at(trace.level, row), at(trace.parent, row)]).toEqual([node.depth, node.parent ?? NONE])
      const counts = [at(trace.below, row), at(trace.spansBelow, row), at(trace.errorsBelow, row)]
      expect(counts).toEqual([node.below, node.below, node.errorsBelow])
      expect(trace.tops.has(row)).toBe(node.top !== null)
      expect(at(trace.events.first, row + 1) - at(trace.events.first, row)).toBe(
        node.span.otlp.events?.length ?? 0,
      )
    })
  }
})

/** Counted one by one, without what lies between. */
function slowlyBelow(trace: Trace, row: number): [number, number] {
  const cut = trace.cuts.get(row)
  let [spans, errors] = [cut?.spans ?? 0, cut?.errors ?? 0]
  trace.parent.forEach((parent, child) => {
    if (parent !== row) return
    const [spansOfChild, errorsOfChild] = slowlyBelow(trace, child)
    spans += 1 + spansOfChild
    errors += (isError(trace, child) ? 1 : 0) + errorsOfChild
  })
  return [spans, errors]
}

test('what is not there is counted where it belongs', () => {
  const random = randomOf(32)
  for (let round = 0; round < 60; round++) {
    const whole = wholeOf('7', randomTrace(random, 60))
    const answer = partOf(whole, {}, 1 + Math.floor(random() * 60))
    if (answer === null) throw new Error('there is a part of everything')
    const trace = readTrace(answer)
    trace.parent.forEach((_, row) => {
      expect([at(trace.spansBelow, row), at(trace.errorsBelow, row)]).toEqual(slowlyBelow(trace, row))
    })
    const tops = slowlyBelow(trace, NONE)
    expect(tops).toEqual([trace.spanCount, trace.errorCount])
    expect(missingIn(trace)).toBe(trace.spanCount - trace.rowCount)
  }
})

test('a row is found by its key, and by its id and kind', () => {
  const random = randomOf(33)
  const trace = readAll(randomTrace(random, 500))
  for (let row = 0; row < trace.rowCount; row++) {
    const { key, spanId } = spanAt(trace, row)
    expect(rowOfKey(trace, key)).toBe(row)
    expect(rowOfHalf(trace, spanId, trace.operations[at(trace.operation, row)]?.kind ?? 0)).toBe(row)
    expect(rowsOfId(trace, spanId)).toContain(row)
  }
  for (const key of ['77', '', '00000000000000ff~9', 'ffffffffffffffff', 'x'.repeat(16)])
    expect(rowOfKey(trace, key)).toBeUndefined()
})

test('spans of one id have keys of their own', () => {
  const trace = traceOf([
    { id: 1, start: 0 },
    { id: 1, start: 1 },
    { id: 1, start: 2 },
  ])
  expect([0, 1, 2].map(row => keyAt(trace, row).slice(-3))).toEqual(['001', '1~2', '1~3'])
})

test('an odd trace is read with all that is odd', () => {
  const trace = readAll(oddTrace(START))
  const spans = Array.from({ length: trace.rowCount }, (_, row) => spanAt(trace, row))
  expect(spans.flatMap(({ oddity }) => oddity ?? []).sort()).toEqual([
    'ends before it starts',
    'no end',
    'no start',
  ])
  expect([...trace.tops.values()].map(({ reason }) => reason).sort()).toEqual([
    'circle',
    'no_parent',
    'parent_missing',
  ])
  expect(trace.events.names).toEqual(['cache miss'])
})

test('a trace without any time and one without any span are traces', () => {
  expect(traceOf([{ id: 1, start: null, end: null }])).toMatchObject({ startedAt: null, length: 0 })
  expect(traceOf([])).toMatchObject({ startedAt: null, length: 0, rowCount: 0, spanCount: 0 })
  expect([...childrenOf(traceOf([]), NONE)]).toEqual([])
})

test('a chain deeper than any stack is read', () => {
  const lines = Array.from({ length: 30_000 }, (_, i) => ({ id: i + 1, ...(i === 0 ? {} : { parent: i }) }))
  const trace = traceOf(lines)
  expect(at(trace.level, 29_999)).toBe(29_999)
  expect(at(trace.below, 0)).toBe(29_999)
})
