// What the pages of services ask for, from what their URLs have.

import type { ServiceKey, SignalsQuestion } from '../api/queries-services.ts'
import {
  RANGES,
  type RangeName,
  searchOf,
  type TimeRange,
  type TimeRangeSearch,
  timeRangeOf,
} from '../api/time-range.ts'
import { epochMilliseconds } from '../ui/units.ts'
import { LIST_RANGE, type ServiceSearch, type ServicesSearch } from './search.ts'

export const listRangeOf = (search: ServicesSearch) => timeRangeOf(search, LIST_RANGE)

/** Lengths of steps that people can reckon with. From a minute on the server has them added up already. */
const STEPS_S = [10, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400]
/** An hour by the minute: finer ones cost the server more than they show. */
const STEP_COUNT_MAX = 100

export function lengthOf(range: TimeRange): number {
  return range.kind === 'absolute' ? range.end - range.start : RANGES[range.range].length
}

/** Seconds of a step. */
export function stepOf(range: TimeRange): number {
  const seconds = lengthOf(range) / 1000
  const fitting = STEPS_S.find(step => seconds / step <= STEP_COUNT_MAX)
  return fitting ?? Math.ceil(seconds / STEP_COUNT_MAX / 86_400) * 86_400
}

export function questionOf(service: ServiceKey, search: ServiceSearch): SignalsQuestion {
  const range = timeRangeOf(search)
  return { service, range, step: stepOf(range) }
}

/** The time range as a change of the URL. */
export function rangeSearch(range: TimeRange, byDefault?: RangeName): TimeRangeSearch {
  return { range: undefined, start: undefined, end: undefined, ...searchOf(range, byDefault) }
}

/** A shorter one holds too few steps to show anything. */
const ZOOM_S_MIN = 60

/** What was brushed, to whole steps of ten seconds and not too short; seconds since the epoch. */
export function zoomedIn(start: number, end: number): TimeRange {
  const missing = Math.max(0, ZOOM_S_MIN - (end - start)) / 2
  const [from, to] = [Math.floor((start - missing) / 10) * 10, Math.ceil((end + missing) / 10) * 10]
  return { kind: 'absolute', start: epochMilliseconds(from * 1000), end: epochMilliseconds(to * 1000) }
}
