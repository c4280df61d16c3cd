import { expect, test } from 'vitest'
import { largeTrace } from '../../mock/large-trace.ts'
import { traceId } from '../../mock/otlp.ts'
import { randomOf } from '../test/random.ts'
import { type Line, readAll, spanId, traceOf } from '../test/trace.ts'
import { at, childrenOf, endOf, NONE, type Trace } from './columns.ts'
import { inkOn } from './flame-draw.ts'
import { lanesOf } from './flame-lanes.ts'
import { rowOfKey } from './ids.ts'

const lanesBy = (lines: Line[]) => {
  const trace = traceOf(lines)
  const { laneOf } = lanesOf(trace, null)
  return lines.map(({ id }) => laneOf[rowOfKey(trace, spanId(id)) ?? -1])
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

function check(trace: Trace, hidden: Uint8Array | null) {
  const { laneOf, lanes } = lanesOf(trace, hidden)
  trace.parent.forEach((parent, row) => {
    if (hidden?.[row] === 1) expect(laneOf[row]).toBe(-1)
    else if (parent !== NONE) expect(laneOf[row]).toBeGreaterThan(at(laneOf, parent))
  })
  let placed = 0
  for (const lane of lanes) {
    placed += lane.length
    let end = Number.NEGATIVE_INFINITY
    for (const row of lane) {
      expect(trace.start[row]).toBeGreaterThanOrEqual(end)
      end = endOf(trace, row)
    }
  }
  expect(placed).toBe(trace.parent.filter((_, row) => hidden?.[row] !== 1).length)
}

test('no span lies on another, and all lie below their parents, whatever their clocks say', () => {
  const random = randomOf(23)
  for (let round = 0; round < 60; round++) {
    const lines = Array.from({ length: 40 }, (_, i): Line => {
      const start = Math.floor(random() * 300)
      const line = { id: i + 1, start, end: start + Math.floor(random() ** 2 * 200) }
      return random() < 0.1 ? line : { ...line, parent: 1 + Math.floor(random() * (i + 1)) }
    })
    check(traceOf(lines), null)
  }
})

test('what is hidden takes no room', () => {
  const trace = readAll(largeTrace({ id: traceId(1), spans: 3000, start: 1n }))
  const hidden = new Uint8Array(trace.rowCount)
  const [child = 0] = childrenOf(trace, 0)
  hidden.fill(1, child, child + 1 + at(trace.below, child))
  check(trace, hidden)
  expect(lanesOf(trace, hidden).lanes.length).toBeLessThanOrEqual(lanesOf(trace, null).lanes.length)
})

test('a thousand calls at the same time have a thousand lanes', () => {
  const lines = Array.from({ length: 1000 }, (_, i): Line => ({ id: i + 2, parent: 1, start: i, end: 5000 }))
  const trace = traceOf([{ id: 1, start: 0, end: 5000 }, ...lines])
  expect(lanesOf(trace, null).lanes).toHaveLength(1001)
})

test.each([
  ['rgb(255, 255, 255)', '#000000'],
  ['rgb(241, 194, 27)', '#000000'],
  ['rgb(0, 65, 68)', '#ffffff'],
  ['rgb(0, 0, 0)', '#ffffff'],
])('on %s one writes in %s', (colour, ink) => {
  expect(inkOn(colour)).toBe(ink)
})
