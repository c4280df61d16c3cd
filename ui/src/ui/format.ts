// Numbers and times for people: three significant digits, the unit beside the number.

import { type EpochNanoseconds, type Milliseconds, millisecondsOf, type Nanoseconds } from './units.ts'

const NS_PER_S = 1e9
/** Made once: making one takes longer than a row of a table. */
const WHOLE = new Intl.NumberFormat('en')
const TENTHS = new Intl.NumberFormat('en', { maximumFractionDigits: 1 })
const ROUNDED = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const UNITS = [
  [NS_PER_S, 's'],
  [1e6, 'ms'],
  [1e3, 'µs'],
  [1, 'ns'],
] as const

function threeDigits(value: number): string {
  // Rounding may carry into a digit more: 9.996 is 10.0.
  const whole = Math.abs(Number(value.toPrecision(3)))
  if (whole >= 100) return value.toFixed(0)
  return value.toFixed(whole >= 10 ? 1 : 2)
}

/** `1.23 ms`, `45.0 s`, `3 min 20 s`, `2 h 5 min`. */
export function formatDuration(duration: Nanoseconds): string {
  const sign = duration < 0 ? '−' : ''
  const size = Math.abs(duration)
  if (size >= 60 * NS_PER_S - NS_PER_S / 20) return sign + formatMinutes(Math.round(size / NS_PER_S))
  for (const [factor, name] of UNITS) {
    // 999.6 ms reads as a second.
    if (Number((size / factor).toPrecision(3)) >= 1) {
      return `${sign}${factor === 1 ? size.toFixed(0) : threeDigits(size / factor)} ${name}`
    }
  }
  return '0 ns'
}

function formatMinutes(seconds: number): string {
  const days = Math.floor(seconds / 86_400)
  const hours = Math.floor((seconds % 86_400) / 3600)
  const minutes = Math.floor((seconds % 3600) / 60)
  const parts = [
    [days, 'd'],
    [hours, 'h'],
    [minutes, 'min'],
    [seconds % 60, 's'],
  ] as const
  const first = parts.findIndex(([count]) => count > 0)
  const shown = parts.slice(first, first + 2).filter(([count]) => count > 0)
  return shown.map(([count, name]) => `${count} ${name}`).join(' ')
}

/** `1,234`; an English page has English numbers wherever the browser is. */
export function formatCount(count: number): string {
  return WHOLE.format(count)
}

const THOUSANDS = [
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
] as const

/** `412/s`, `1.20k/s`; below one a second by the minute or hour: `12.0/min`. */
export function formatRate(perSecond: number): string {
  if (perSecond <= 0) return '0/s'
  if (perSecond * 3600 < 1) return '<1/h'
  if (Number((perSecond * 60).toPrecision(3)) < 1) return `${threeDigits(perSecond * 3600)}/h`
  if (Number(perSecond.toPrecision(3)) < 1) return `${threeDigits(perSecond * 60)}/min`
  for (const [factor, name] of THOUSANDS) {
    // 999.6 reads as a thousand.
    if (Number((perSecond / factor).toPrecision(3)) >= 1) return `${threeDigits(perSecond / factor)}${name}/s`
  }
  return `${threeDigits(perSecond)}/s`
}

const BINARY = [
  [2 ** 40, 'TiB'],
  [2 ** 30, 'GiB'],
  [2 ** 20, 'MiB'],
  [2 ** 10, 'KiB'],
] as const

/** `1.50 GiB`, `512 B`. */
export function formatBytes(bytes: number): string {
  for (const [factor, name] of BINARY) {
    // 1023.9 KiB reads as one MiB.
    if (Number((bytes / factor).toPrecision(4)) >= 1) return `${threeDigits(bytes / factor)} ${name}`
  }
  return `${bytes.toFixed(0)} B`
}

/** `3.10 %`. What is not nothing never reads as nothing, nor what is not all as all. */
export function formatShare(share: number): string {
  if (share <= 0) return '0 %'
  if (share >= 1) return '100 %'
  const percent = share * 100
  if (percent < 0.01) return '<0.01 %'
  const text = threeDigits(percent)
  return text === '100' ? '>99.9 %' : `${text} %`
}

/** A count that is corrected for sampling and need not be whole: `1,234`, `12.5`. */
export function formatAmount(amount: number): string {
  if (amount > 0 && amount < 0.05) return '<0.1'
  return (Math.abs(amount) < 100 ? TENTHS : ROUNDED).format(amount)
}

/** `1 span`, `1,234 spans`. */
export function counted(count: number, noun: string, nouns = `${noun}s`): string {
  return `${formatCount(count)} ${count === 1 ? noun : nouns}`
}

/** How long ago in one unit: `now`, `5 s`, `12 min`, `3 h`, `2 d`. */
export function formatAge(age: Milliseconds): string {
  const seconds = Math.round(age / 1000)
  if (seconds < 1) return 'now'
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`
  return `${Math.floor(seconds / 86_400)} d`
}

const two = (value: number) => String(value).padStart(2, '0')

/** Local `14:03:22.123`. */
export function formatClock(moment: EpochNanoseconds): string {
  const date = new Date(millisecondsOf(moment))
  const ms = String(date.getMilliseconds()).padStart(3, '0')
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${ms}`
}

/** Local `2026-11-24`. */
export function formatDay(moment: EpochNanoseconds): string {
  const date = new Date(millisecondsOf(moment))
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
}

/** Local date and time to the last nanosecond: `2026-11-24 14:03:22.123456789`. */
export function formatMoment(moment: EpochNanoseconds): string {
  const below = String(moment % 1_000_000n).padStart(6, '0')
  return `${formatDay(moment)} ${formatClock(moment)}${below}`
}

/** The zone that all of them are in: `UTC+01:00`. */
export function formatZone(date: Date): string {
  const minutes = -date.getTimezoneOffset()
  if (minutes === 0) return 'UTC'
  const size = Math.abs(minutes)
  return `UTC${minutes < 0 ? '−' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`
}
