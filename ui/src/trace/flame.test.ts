import { expect, test } from 'vitest'
import { largeTrace } from '../../mock/large-trace.ts'
import { traceId } from '../../mock/otlp.ts'
import { randomOf } from '../test/random.ts'
import { type Line, spanId, traceOf } from '../test/trace.ts'
import { inkOn } from './flame-draw.ts'
import { lanesOf } from './flame-lanes.ts'
import { readTrace } from './span.ts'
import { type Tree, treeOf } from './tree.ts'

const lanesBy = (lines: Line[]) => {
  const tree = treeOf(traceOf(lines).spans)
  const { laneOf } = lanesOf(tree, null)
  return lines.map(({ id }) => laneOf[tree.places.get(spanId(id)) ?? -1])
}

test('calls after one another share a lane, calls at the same time do not', () => {
  const lines = [
    { id: 1, start: 0, end: 100 },
    { id: 2, parent: 1, start: 0, end: 40 },
    { id: 3, parent: 1, start: 40, end: 80 },
    { id: 4, parent: 1, start: 60, end: 90 },
  ]
  expect(lanesBy(lines)).toEqual([0, 1, 1, 2])
})

test('what a call called stays with it', () => {
  const lines = [
    { id: 1, start: 0, end: 100 },
    { id: 2, parent: 1, start: 0, end: 60 },
    { id: 3, parent: 2, start: 50, end: 60 },
    { id: 4, parent: 1, start: 10, end: 90 },
    { id: 5, parent: 4, start: 20, end: 30 },
  ]
  // By itself the second call would have fit beside what the first one called.
  expect(lanesBy(lines)).toEqual([0, 1, 2, 3, 4])
})

function check(tree: Tree, hidden: Uint8Array | null) {
  const { laneOf, lanes } = lanesOf(tree, hidden)
  tree.nodes.forEach(({ parent }, place) => {
    if (hidden?.[place] === 1) expect(laneOf[place]).toBe(-1)
    else if (parent !== null) expect(laneOf[place]).toBeGreaterThan(laneOf[parent] ?? 0)
  })
  let placed = 0
  for (const lane of lanes) {
    placed += lane.length
    let end = Number.NEGATIVE_INFINITY
    for (const place of lane) {
      const span = tree.nodes[place]?.span
      if (span === undefined) continue
      expect(span.start).toBeGreaterThanOrEqual(end)
      end = span.start + span.duration
    }
  }
  expect(placed).toBe(tree.nodes.filter((_, place) => hidden?.[place] !== 1).length)
}

test('no span lies on another, and all lie below their parents, whatever their clocks say', () => {
  const random = randomOf(23)
  for (let round = 0; round < 60; round++) {
    const lines = Array.from({ length: 40 }, (_, i): Line => {
      const start = Math.floor(random() * 300)
      const line = { id: i + 1, start, end: start + Math.floor(random() ** 2 * 200) }
      return random() < 0.1 ? line : { ...line, parent: 1 + Math.floor(random() * (i + 1)) }
    })
    check(treeOf(traceOf(lines).spans), null)
  }
})

test('what is hidden takes no room', () => {
  const tree = treeOf(readTrace(largeTrace({ id: traceId(1), spans: 3000, start: 1n })).spans)
  const hidden = new Uint8Array(tree.nodes.length)
  const [child] = tree.nodes.flatMap(({ parent }, place) => (parent === 0 ? [place] : []))
  hidden.fill(1, child, (child ?? 0) + 1 + (tree.nodes[child ?? 0]?.below ?? 0))
  check(tree, hidden)
  expect(lanesOf(tree, hidden).lanes.length).toBeLessThanOrEqual(lanesOf(tree, null).lanes.length)
})

test('a thousand calls at the same time have a thousand lanes', () => {
  const lines = Array.from({ length: 1000 }, (_, i): Line => ({ id: i + 2, parent: 1, start: i, end: 5000 }))
  const tree = treeOf(traceOf([{ id: 1, start: 0, end: 5000 }, ...lines]).spans)
  expect(lanesOf(tree, null).lanes).toHaveLength(1001)
})

test.each([
  ['rgb(255, 255, 255)', '#000000'],
  ['rgb(241, 194, 27)', '#000000'],
  ['rgb(0, 65, 68)', '#ffffff'],
  ['rgb(0, 0, 0)', '#ffffff'],
])('on %s one writes in %s', (colour, ink) => {
  expect(inkOn(colour)).toBe(ink)
})
