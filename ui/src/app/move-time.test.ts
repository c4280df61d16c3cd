import { expect, test } from 'vitest'
import { RANGE_NAMES, RANGES, type TimeRange } from '../api/time-range.ts'
import { randomOf } from '../test/random.ts'
import { epochMilliseconds, MINUTE } from '../ui/units.ts'
import { liveOf, shifted, zoomed } from './move-time.ts'

const NOW = epochMilliseconds(1_700_000_000_000)
const minutes = (from: number, to: number): TimeRange => ({
  kind: 'absolute',
  start: epochMilliseconds(NOW + from * MINUTE),
  end: epochMilliseconds(NOW + to * MINUTE),
})
const last = (range: (typeof RANGE_NAMES)[number]): TimeRange => ({ kind: 'relative', range })

test('earlier and later by half', () => {
  expect(shifted(last('1h'), -1, NOW)).toEqual(minutes(-90, -30))
  expect(shifted(minutes(-90, -30), 1, NOW)).toEqual(minutes(-60, 0))
  expect(shifted(minutes(-70, -10), 1, NOW)).toEqual(minutes(-60, 0))
  expect(shifted(last('1h'), 1, NOW)).toEqual(last('1h'))
  expect(shifted(minutes(-10, 50), 1, NOW)).toEqual(minutes(-10, 50))
})

test('closer and wider', () => {
  expect(zoomed(last('15m'), 'wider', NOW)).toEqual(last('1h'))
  expect(zoomed(last('15m'), 'closer', NOW)).toEqual(last('5m'))
  expect(zoomed(last('5m'), 'closer', NOW)).toEqual(last('5m'))
  expect(zoomed(last('14d'), 'wider', NOW)).toEqual(last('14d'))
  expect(zoomed(minutes(-90, -30), 'closer', NOW)).toEqual(minutes(-75, -45))
  expect(zoomed(minutes(-90, -60), 'wider', NOW)).toEqual(minutes(-105, -45))
  expect(zoomed(minutes(-30, 0), 'wider', NOW)).toEqual(minutes(-60, 0))
  const short: TimeRange = { kind: 'absolute', start: NOW, end: epochMilliseconds(NOW + 12_000) }
  expect(zoomed(zoomed(short, 'closer', NOW), 'closer', NOW)).toEqual(zoomed(short, 'closer', NOW))
})

test('back to now with as much time as before', () => {
  expect(liveOf(minutes(-90, -30))).toEqual(last('1h'))
  expect(liveOf(minutes(-90, -80))).toEqual(last('15m'))
  expect(liveOf(minutes(-60 * 24 * 40, 0))).toEqual(last('14d'))
  for (const name of RANGE_NAMES) expect(liveOf(shifted(last(name), -1, NOW))).toEqual(last(name))
})

test('no way of moving turns a range round or passes now', () => {
  const random = randomOf(3)
  let range: TimeRange = last('1h')
  const length = (of: TimeRange) => (of.kind === 'relative' ? RANGES[of.range].length : of.end - of.start)
  for (let i = 0; i < 500; i += 1) {
    const step = Math.floor(random() * 4)
    range =
      step < 2
        ? shifted(range, step === 0 ? 1 : -1, NOW)
        : zoomed(range, step === 2 ? 'closer' : 'wider', NOW)
    expect(length(range)).toBeGreaterThanOrEqual(5_000)
    if (range.kind === 'absolute') expect(range.end).toBeLessThanOrEqual(NOW)
  }
})
