import { expect, test } from 'vitest'
import { largeTrace, largeTraceBatches } from './large-trace.ts'
import { traceId } from './otlp.ts'
import { readTrace } from './span.ts'
import { treeOf } from './tree.ts'

const question = { id: traceId(1), start: 1_700_000_000_000_000_000n, seed: 3 }

test('a large trace is as large as was asked, whole, and the same every time', () => {
  for (const spans of [1, 2, 17, 5001]) {
    const data = largeTrace({ ...question, spans })
    const tree = treeOf(readTrace(data).spans)
    expect(tree.nodes).toHaveLength(spans)
    expect(tree.nodes.filter(node => node.top !== null)).toHaveLength(1)
    expect(data).toEqual(largeTrace({ ...question, spans }))
  }
})

test('its calls lie within their callers, and some of them fail', () => {
  const tree = treeOf(readTrace(largeTrace({ ...question, spans: 3000 })).spans)
  for (const { span, parent } of tree.nodes) {
    const caller = parent === null ? undefined : tree.nodes[parent]?.span
    if (caller === undefined) continue
    expect(span.start).toBeGreaterThanOrEqual(caller.start)
    expect(span.start + span.duration).toBeLessThanOrEqual(caller.start + caller.duration)
  }
  expect(tree.nodes[0]?.errorsBelow).toBeGreaterThan(20)
  expect(tree.depth).toBeGreaterThan(4)
})

test('in parts it is the same', () => {
  const parts = largeTraceBatches({ ...question, spans: 4500 })
  expect(parts).toHaveLength(3)
  expect(parts.flatMap(part => part.resourceSpans)).toEqual(
    largeTrace({ ...question, spans: 4500 }).resourceSpans,
  )
})
