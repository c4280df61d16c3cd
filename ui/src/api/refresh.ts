// When a page that shows the present asks again.

import { milliseconds, SECOND } from '../ui/units.ts'
import { Failure, isTransient } from './failure.ts'
import type { TimeRange } from './time-range.ts'

/** How a query that shows the present is kept up: asked again and again, held by the user, or of a range that is past. */
export type Refresh = 'live' | 'paused' | 'fixed'

/** From one answer to the next question. */
export const LIVE_INTERVAL = milliseconds(2 * SECOND)
/** From a failure to the next try. */
export const RETRY_INTERVAL = milliseconds(5 * SECOND)

/** When a live query asks next: a failure waits longer, and what cannot succeed is not asked again. */
export function nextLive(error: Error | null): number | false {
  if (error === null) return LIVE_INTERVAL
  return error instanceof Failure && !isTransient(error.kind) ? false : RETRY_INTERVAL
}

/** Only the present is live. */
export function refreshOf(range: TimeRange, live: 'off' | undefined): Refresh {
  if (range.kind === 'absolute') return 'fixed'
  return live === 'off' ? 'paused' : 'live'
}
