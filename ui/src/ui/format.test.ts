import { expect, test } from 'vitest'
import {
  counted,
  formatAge,
  formatAmount,
  formatBytes,
  formatClock,
  formatDay,
  formatDuration,
  formatMoment,
  formatRate,
  formatShare,
  formatZone,
} from './format.ts'
import { epochNanoseconds, milliseconds, nanoseconds } from './units.ts'

test.each([
  [0, '0 ns'],
  [0.4, '0 ns'],
  [7, '7 ns'],
  [999, '999 ns'],
  [1_000, '1.00 µs'],
  [1_234_567, '1.23 ms'],
  [12_345_678, '12.3 ms'],
  [123_456_789, '123 ms'],
  [999_600_000, '1.00 s'],
  [9_996_000_000, '10.0 s'],
  [59_940_000_000, '59.9 s'],
  [59_990_000_000, '1 min'],
  [200_000_000_000, '3 min 20 s'],
  [7_500_000_000_000, '2 h 5 min'],
  [90_000_000_000_000, '1 d 1 h'],
  [-1_500_000, '−1.50 ms'],
])('%d ns is %s', (ns, text) => {
  expect(formatDuration(nanoseconds(ns))).toBe(text)
})

test.each([
  [-3_000, 'now'],
  [400, 'now'],
  [5_400, '5 s'],
  [59_400, '59 s'],
  [61_000, '1 min'],
  [7_300_000, '2 h'],
  [200_000_000, '2 d'],
])('an age of %d ms is %s', (ms, text) => {
  expect(formatAge(milliseconds(ms))).toBe(text)
})

test('one is singular', () => {
  expect([counted(1, 'span'), counted(0, 'span'), counted(12_345, 'span')]).toEqual([
    '1 span',
    '0 spans',
    '12,345 spans',
  ])
  expect(counted(2, 'entry', 'entries')).toBe('2 entries')
})

test('moments are local and complete', () => {
  const date = new Date(2026, 10, 4, 9, 5, 3, 42)
  const moment = epochNanoseconds(BigInt(date.getTime()) * 1_000_000n + 7n)
  expect(formatClock(moment)).toBe('09:05:03.042')
  expect(formatDay(moment)).toBe('2026-11-04')
  expect(formatMoment(moment)).toBe('2026-11-04 09:05:03.042000007')
})

test('a zone is written as its distance from UTC', () => {
  const zone = (minutes: number) => formatZone({ getTimezoneOffset: () => minutes } as Date)
  expect([zone(0), zone(-60), zone(210)]).toEqual(['UTC', 'UTC+01:00', 'UTC−03:30'])
})

test.each([
  [0, '0/s'],
  [0.0001, '<1/h'],
  [0.001, '3.60/h'],
  [1 / 60, '1.00/min'],
  [0.2, '12.0/min'],
  [0.9996, '1.00/s'],
  [1, '1.00/s'],
  [412.4, '412/s'],
  [999.6, '1.00k/s'],
  [12_345, '12.3k/s'],
  [2_500_000, '2.50M/s'],
])('a rate of %d a second is %s', (rate, text) => {
  expect(formatRate(rate)).toBe(text)
})

test.each([
  [0, '0 %'],
  [0.00001, '<0.01 %'],
  [0.0012, '0.12 %'],
  [0.031, '3.10 %'],
  [0.1834, '18.3 %'],
  [0.9999, '>99.9 %'],
  [1, '100 %'],
])('a share of %d is %s', (share, text) => {
  expect(formatShare(share)).toBe(text)
})

test('a count that is not whole keeps a digit while that says something', () => {
  expect([0, 0.01, 12, 12.5, 1234.5].map(formatAmount)).toEqual(['0', '<0.1', '12', '12.5', '1,235'])
})

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1.00 KiB'],
  [1_048_570, '1.00 MiB'],
  [412 * 2 ** 20, '412 MiB'],
  [1.5 * 2 ** 30, '1.50 GiB'],
  [2 ** 50, '1024 TiB'],
])('%d bytes are %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text)
})
