import { expect, test } from 'vitest'
import { randomOf } from '../test/random.ts'
import { stepWords, tickWords } from './axis.ts'
import { createCursor } from './cursor.ts'
import { spread } from './end-labels.ts'
import { stepAfter } from './keys.ts'
import { drawnOf, lonely, plotData, topOf } from './plot.ts'
import { type Frame, roundAbove, type Series, stacked, stepAt } from './series.ts'
import { sparkPath } from './sparkline.tsx'
import { seriesSummary } from './summary.ts'

const START = Date.parse('2026-11-24T10:00:00') / 1000
const frame = (count: number, step = 10): Frame => ({
  start: START,
  end: START + count * step,
  step,
  times: Array.from({ length: count }, (_, place) => START + place * step),
})
const series = (id: string, values: (number | null)[], fields: Partial<Series> = {}): Series => ({
  id,
  label: id,
  colour: 'red',
  values,
  ...fields,
})

test('what is stacked adds up, and a step without any value stays a gap', () => {
  expect(
    stacked([
      [1, null, null],
      [2, 3, null],
    ]),
  ).toEqual([
    [1, null, null],
    [3, 3, null],
  ])
})

test('bars are drawn from the highest sum down, and what stands apart is a line over them', () => {
  const all = [series('a', [1, 2]), series('b', [10, null]), series('c', [5, 5], { isApart: true })]
  expect(drawnOf({ series: all, kind: 'bars' })).toEqual([
    { id: 'b', isBar: true, values: [11, 2] },
    { id: 'a', isBar: true, values: [1, 2] },
    { id: 'c', isBar: false, values: [5, 5] },
  ])
  expect(topOf({ series: all, kind: 'bars', atLeast: 1 })).toBe(15)
  expect(drawnOf({ series: all, kind: 'lines' }).map(({ id }) => id)).toEqual(['a', 'b', 'c'])
})

test('a value stands in the middle of its step, gaps stay gaps, and earlier values come last', () => {
  const one = series('a', [1, null, 3], { before: [null, 2] })
  expect(plotData({ frame: frame(3), series: [one], kind: 'lines' })).toEqual([
    [START + 5, START + 15, START + 25],
    [1, null, 3],
    [null, 2, null],
  ])
})

test('a value without neighbours is found, so that it can be a dot', () => {
  expect(lonely([1, null, 2, 3, null, 4])).toEqual([0, 5])
  expect(lonely([1, 2])).toEqual([])
})

test('the top of an axis is round, holds every value, and is not far above', () => {
  const random = randomOf(3)
  for (let i = 0; i < 500; i += 1) {
    const value = 10 ** (random() * 12 - 4)
    const top = roundAbove(value)
    expect(top).toBeGreaterThanOrEqual(value * (1 - 1e-6))
    expect(top).toBeLessThanOrEqual(value * 1.6)
  }
  expect(roundAbove(0)).toBe(1)
})

test('labels at the ends of lines never cover one another and stay inside', () => {
  const random = randomOf(5)
  for (let i = 0; i < 300; i += 1) {
    const count = 1 + Math.floor(random() * 6)
    const wanted = Array.from({ length: count }, () => random() * 140)
    const placed = spread(wanted, 11, 8, 120)
    const heights = placed.toSorted((a, b) => a - b)
    expect(heights[0]).toBeGreaterThanOrEqual(8)
    expect(heights.at(-1)).toBeLessThanOrEqual(120)
    heights.slice(1).forEach((height, place) => {
      expect(height - (heights[place] ?? 0)).toBeGreaterThanOrEqual(11 - 1e-9)
    })
    // The order is that of the values.
    const byWish = wanted.map((at, place) => ({ at, y: placed[place] ?? 0 })).sort((a, b) => a.at - b.at)
    expect(byWish.map(({ y }) => y)).toEqual(heights)
  }
})

test('a moment is in the step that holds it', () => {
  const three = frame(3)
  expect(
    [START - 1, START, START + 9, START + 10, START + 29, START + 30].map(at => stepAt(three, at)),
  ).toEqual([null, 0, 0, 1, 2, null])
})

test('keys move the cursor by steps and not beyond them', () => {
  expect(stepAfter('ArrowLeft', null, 5)).toBe(4)
  expect(stepAfter('ArrowRight', 4, 5)).toBe(4)
  expect(stepAfter('ArrowLeft', 0, 5)).toBe(0)
  expect(stepAfter('PageUp', 12, 20)).toBe(2)
  expect(stepAfter('Home', 12, 20)).toBe(0)
  expect(stepAfter('End', 1, 20)).toBe(19)
  expect(stepAfter('x', 1, 20)).toBeUndefined()
  expect(stepAfter('ArrowLeft', null, 0)).toBeUndefined()
})

test('the cursor tells of a change and of nothing else', () => {
  const cursor = createCursor()
  const told: (number | null)[] = []
  const stop = cursor.subscribe(() => told.push(cursor.read()))
  for (const time of [5, 5, null, 7]) cursor.point(time)
  stop()
  cursor.point(8)
  expect(told).toEqual([5, null, 7])
})

test('ticks are as short as their distance allows', () => {
  expect(tickWords(START, 10)).toBe('10:00:00')
  expect(tickWords(START, 300)).toBe('10:00')
  expect(tickWords(START - 10 * 3600, 3600)).toBe('11-24')
  expect(tickWords(START, 86_400)).toBe('11-24')
  expect(stepWords(START, START + 60)).toBe('10:00:00')
  expect(stepWords(START, START + 2 * 86_400)).toBe('11-24 10:00:00')
})

test('a summary says the last values and the largest, and when that was', () => {
  const format = (value: number | null) => `${value} ms`
  const [slow, fast] = [series('p99', [4, 90, 7, 1]), series('p50', [1, 2, 3, 0])]
  expect(seriesSummary(frame(4), [fast, slow], format, 2)).toBe(
    'Last p50 3 ms, p99 7 ms; p99 at most 90 ms at 10:00:10.',
  )
  expect(seriesSummary(frame(2), [series('p50', [9, 9]), series('p99', [9, 9])], format, 1)).toBe(
    'Last p50 9 ms, p99 9 ms; p99 at most 9 ms at 10:00:00.',
  )
  expect(seriesSummary(frame(2), [series('errors', [0, 0])], format, 1)).toBe(
    'Last errors 0 ms; none in this time.',
  )
  expect(seriesSummary(frame(2), [series('p50', [null, null])], format, 1)).toBe(
    'Nothing to show in this time.',
  )
})

test('a small line has gaps where its values have', () => {
  const path = sparkPath([0, 10, null, 5, null, 10, 10], 10, 63, 13)
  expect(path).toBe('M1.5 11.5L11.5 1.5M31.5 6.5h0.01M51.5 1.5L61.5 1.5')
  expect(sparkPath([], 10)).toBe('')
  expect(sparkPath([3], 3)).toBe('M1.5 1.5h0.01')
})
