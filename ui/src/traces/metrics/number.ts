// Numbers of metrics as text. Null is what nobody knows: a dash, never a zero.

import { UNKNOWN } from '../../graph/signal-text.ts'
import { formatAmount, formatDuration, formatRate } from '../../ui/format.ts'
import { milliseconds, nsOfMs } from '../../ui/units.ts'
import type { Unit } from './shape.ts'

const LARGE = [
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e4, 'k'],
] as const

/** `0.0123`, `1.5`, `1,234`, `12.3 k`. */
export function plainNumber(value: number): string {
  const size = Math.abs(value)
  for (const [from, letter] of LARGE) {
    const factor = letter === 'k' ? 1e3 : from
    if (size >= from) return `${rounded(value / factor)} ${letter}`
  }
  return rounded(value)
}

const rounded = (value: number) =>
  Number(value.toPrecision(3)).toLocaleString('en', { maximumSignificantDigits: 4 })

const signed =
  (format: (value: number) => string) =>
  (value: number): string =>
    value < 0 ? `−${format(-value)}` : format(value)

const FORMATS: Record<Unit, (value: number) => string> = {
  'per second': signed(formatRate),
  spans: signed(formatAmount),
  seconds: value => formatDuration(nsOfMs(milliseconds(value * 1000))),
  plain: plainNumber,
}

export function formatOf(unit: Unit): (value: number | null) => string {
  return value => (value === null ? UNKNOWN : FORMATS[unit](value))
}
