// Whether what a page shows is of now: a pure function of the page's live query and the time.

import { Failure, isTransient } from '../api/failure.ts'
import { RETRY_INTERVAL, type Refresh } from '../api/refresh.ts'
import { type EpochMilliseconds, type Milliseconds, milliseconds, SECOND } from '../ui/units.ts'

/** A live page without an answer for so long says so. */
export const STALE_AFTER = milliseconds(10 * SECOND)

export type LiveState =
  /** The first answer is awaited. */
  | { kind: 'loading' }
  | { kind: 'live'; isPolled: boolean }
  /** No answer came for a while, and no failure either: a slow server, or a tab that was in the background. */
  | { kind: 'stale'; age: Milliseconds }
  | { kind: 'paused'; age: Milliseconds }
  /** The last question failed and is asked again. */
  | { kind: 'reconnecting'; retryIn: Milliseconds }
  /** The last question failed in a way that asking again does not mend. */
  | { kind: 'stopped' }
  /** The page shows a time range that is past. */
  | { kind: 'fixed' }

/** What of a query's state tells how fresh it is. */
export interface Freshness {
  refresh: Refresh
  /** Without an answer for so long it is stale. */
  staleAfter?: Milliseconds | undefined
  /** Whether it is asked for again and again because the stream that should tell of changes is not there. */
  isPolled?: boolean | undefined
  error: Error | null
  /** `Date.now()` of the last answer; 0 before the first. */
  dataUpdatedAt: number
  errorUpdatedAt: number
}

export function liveState(freshness: Freshness, now: EpochMilliseconds): LiveState {
  const {
    refresh,
    staleAfter = STALE_AFTER,
    isPolled = false,
    error,
    dataUpdatedAt,
    errorUpdatedAt,
  } = freshness
  const age = milliseconds(Math.max(0, now - dataUpdatedAt))
  if (error !== null && error instanceof Failure && !isTransient(error.kind)) return { kind: 'stopped' }
  if (refresh === 'fixed') return { kind: 'fixed' }
  if (refresh === 'paused') return { kind: 'paused', age }
  if (error !== null) {
    return { kind: 'reconnecting', retryIn: milliseconds(Math.max(0, errorUpdatedAt + RETRY_INTERVAL - now)) }
  }
  if (dataUpdatedAt === 0) return { kind: 'loading' }
  return age > staleAfter ? { kind: 'stale', age } : { kind: 'live', isPolled }
}
