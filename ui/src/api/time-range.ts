// The time that a page looks at. In the URL: `range=15m` up to now, or `start` and `end`.

import {
  type EpochMilliseconds,
  epochMilliseconds,
  MINUTE,
  type Milliseconds,
  milliseconds,
} from '../ui/units.ts'

const HOUR = milliseconds(60 * MINUTE)
const DAY = milliseconds(24 * HOUR)

/** The lengths that are offered, by their name in the URL. */
export const RANGES = {
  '5m': { length: milliseconds(5 * MINUTE), words: 'Last 5 minutes' },
  '15m': { length: milliseconds(15 * MINUTE), words: 'Last 15 minutes' },
  '1h': { length: HOUR, words: 'Last hour' },
  '6h': { length: milliseconds(6 * HOUR), words: 'Last 6 hours' },
  '24h': { length: DAY, words: 'Last 24 hours' },
  '7d': { length: milliseconds(7 * DAY), words: 'Last 7 days' },
  '14d': { length: milliseconds(14 * DAY), words: 'Last 14 days' },
} as const satisfies Record<string, { length: Milliseconds; words: string }>

export type RangeName = keyof typeof RANGES
export const RANGE_NAMES = Object.keys(RANGES) as RangeName[]
/** Of a page that names no other. */
const DEFAULT_RANGE: RangeName = '1h'

export interface FixedRange {
  kind: 'absolute'
  start: EpochMilliseconds
  end: EpochMilliseconds
}

export type TimeRange = { kind: 'relative'; range: RangeName } | FixedRange

/** A time range as it stands in a URL. */
export interface TimeRangeSearch {
  range?: RangeName | undefined
  /** RFC 3339, UTC. */
  start?: string | undefined
  end?: string | undefined
}

function isRangeName(text: unknown): text is RangeName {
  return typeof text === 'string' && Object.hasOwn(RANGES, text)
}

function parseTime(text: unknown): EpochMilliseconds | null {
  const time = typeof text === 'string' ? Date.parse(text) : Number.NaN
  return Number.isNaN(time) ? null : epochMilliseconds(time)
}

/** What of a URL's search is a time range; what is not one is left out, and so is the page's default. */
export function timeRangeSearch(search: Record<string, unknown>, byDefault = DEFAULT_RANGE): TimeRangeSearch {
  const [start, end] = [parseTime(search['start']), parseTime(search['end'])]
  if (start !== null && end !== null && start < end)
    return searchOf({ kind: 'absolute', start, end }, byDefault)
  const range = search['range']
  return isRangeName(range) ? searchOf({ kind: 'relative', range }, byDefault) : {}
}

export function searchOf(range: TimeRange, byDefault = DEFAULT_RANGE): TimeRangeSearch {
  if (range.kind === 'absolute') {
    return { start: new Date(range.start).toISOString(), end: new Date(range.end).toISOString() }
  }
  return range.range === byDefault ? {} : { range: range.range }
}

export function timeRangeOf(search: TimeRangeSearch, byDefault = DEFAULT_RANGE): TimeRange {
  const [start, end] = [parseTime(search.start), parseTime(search.end)]
  if (start !== null && end !== null) return { kind: 'absolute', start, end }
  return { kind: 'relative', range: search.range ?? byDefault }
}

/** The range as the API's parameters. Without an end it is some minutes from now: senders' clocks run ahead, too. */
export function apiRange(range: TimeRange): { start: string; end?: string } {
  if (range.kind === 'absolute') {
    return { start: new Date(range.start).toISOString(), end: new Date(range.end).toISOString() }
  }
  return { start: `now-${range.range}` }
}

/** The same range for another moment: what "now" meant is written down. */
export function fixed(range: TimeRange, now: EpochMilliseconds): FixedRange {
  if (range.kind === 'absolute') return range
  return { kind: 'absolute', start: epochMilliseconds(now - RANGES[range.range].length), end: now }
}

/** The shortest range up to now that holds a moment; null if even the longest does not. */
export function rangeBackTo(moment: EpochMilliseconds, now: EpochMilliseconds): RangeName | null {
  return RANGE_NAMES.find(name => RANGES[name].length > now - moment) ?? null
}
