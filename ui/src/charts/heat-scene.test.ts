import { expect, test } from 'vitest'
import { randomOf } from '../test/random.ts'
import { momentsOf } from './heat-draw.ts'
import { cellAt, dotAt, heightOf, labelledRows, momentAt, placedDots, strength, xOf } from './heat-scene.ts'
import type { Frame } from './series.ts'
import { stretch } from './use-brush.ts'

const AREA = { left: 50, top: 10, width: 200, height: 80 }
const FRAME: Frame = { start: 1000, end: 1040, step: 10, times: [1000, 1010, 1020, 1030] }
const BOUNDS = [1, Math.SQRT2, 2, 2 * Math.SQRT2]
const HEAT = {
  bounds: BOUNDS,
  counts: [
    [1, 2, 3, 4],
    [0, 0, 0, 0],
    [0, 9, 0, 0],
    [0, 0, 0, 7],
  ],
}

test('a time stands in the row of its bucket', () => {
  BOUNDS.forEach((bound, row) => {
    // The bound itself belongs to the row below it.
    const y = heightOf(BOUNDS, bound * 0.99, AREA)
    expect(cellAt(HEAT, FRAME, 51, y, AREA)?.count).toBe(row + 1)
  })
  expect(heightOf(BOUNDS, 100, AREA)).toBe(AREA.top)
  expect(heightOf(BOUNDS, 0, AREA)).toBe(AREA.top + AREA.height)
  expect(heightOf([], 5, AREA)).toBe(AREA.top + AREA.height)
})

test('from a moment to its place and back is the same moment', () => {
  const random = randomOf(11)
  for (let i = 0; i < 200; i += 1) {
    const moment = FRAME.start + random() * 40
    expect(momentAt(FRAME, xOf(FRAME, moment, AREA), AREA)).toBeCloseTo(moment, 6)
  }
  expect(momentAt(FRAME, -100, AREA)).toBe(1000)
  expect(momentAt(FRAME, 1e6, AREA)).toBe(1040)
})

test('dots of a step stand inside it, side by side, and a pointer finds each', () => {
  const dots = ['a', 'b', 'c'].map(id => ({ id, time: 1010, ms: 1.2, tone: 'ok' as const }))
  const placed = placedDots(
    [...dots, { id: 'd', time: 1030, ms: 2.5, tone: 'bad' as const }],
    HEAT,
    FRAME,
    AREA,
  )
  expect(placed.map(({ x }) => x)).toEqual([112.5, 125, 137.5, 225])
  for (const { dot, x, y } of placed) expect(dotAt(placed, x + 2, y - 2, 8)?.dot.id).toBe(dot.id)
  expect(dotAt(placed, 60, 20, 8)).toBeNull()
})

test('beside the picture there is no cell', () => {
  expect(cellAt(HEAT, FRAME, 49, 20, AREA)).toBeNull()
  expect(cellAt(HEAT, FRAME, 60, 95, AREA)).toBeNull()
  expect(cellAt(HEAT, FRAME, 60, 89, AREA)).toEqual({ count: 1, from: 0, to: 1 })
  expect(cellAt({ bounds: [], counts: [[], []] }, FRAME, 60, 89, AREA)).toBeNull()
})

test('one call is seen beside thousands, more are stronger, none is nothing', () => {
  expect(strength(0, 1000)).toBe(0)
  expect(strength(1, 5000)).toBeGreaterThan(0.15)
  expect(strength(10, 5000)).toBeGreaterThan(strength(5, 5000))
  expect(strength(5000, 5000)).toBeCloseTo(0.95)
})

test('labels of rows are few and have the slowest among them', () => {
  for (let rows = 1; rows < 60; rows += 1) {
    const labelled = labelledRows(rows, 6)
    expect(labelled.length).toBeLessThanOrEqual(6)
    expect(labelled).toContain(rows - 1)
  }
})

test('moments of the axis are round, inside, and not too near one another', () => {
  for (const seconds of [60, 300, 900, 3600, 86_400, 1_209_600]) {
    const frame = { start: 1_795_660_007, end: 1_795_660_007 + seconds, step: 10, times: [] }
    const { moments, distance } = momentsOf(frame, 420)
    expect(moments.length).toBeGreaterThan(1)
    expect(moments.length).toBeLessThanOrEqual(7)
    for (const moment of moments) {
      expect(moment).toBeGreaterThanOrEqual(frame.start)
      expect(moment).toBeLessThanOrEqual(frame.end)
    }
    expect((420 * distance) / seconds).toBeGreaterThanOrEqual(64)
  }
})

test('a stretch is the same whichever way it was pulled, and inside the plot', () => {
  expect(stretch(100, 60, AREA)).toEqual({ from: 60, to: 100 })
  expect(stretch(100, 999, AREA)).toEqual({ from: 100, to: 250 })
  expect(stretch(-5, 60, AREA)).toEqual({ from: 50, to: 60 })
})
