// How bad a node or a line is, and by which number: the share of errors of the whole range, or that of its last minute
// where that is what put it in trouble.

import type { SchemaHealth } from '../api/schema.d.ts'
import { shareText } from './signal-text.ts'

/** How a line stands out. */
export type Tone = 'idle' | 'quiet' | 'warn' | 'bad'

export const TONE: Record<SchemaHealth, Tone> = {
  idle: 'idle',
  healthy: 'quiet',
  degraded: 'warn',
  failing: 'bad',
}

export const RANK: Record<Tone, number> = { idle: 0, quiet: 1, warn: 2, bad: 3 }

/** From these shares on a line of several edges stands out, as the server's defaults have it for one. */
export const WARN_SHARE = 0.01
export const BAD_SHARE = 0.1

export function toneOfShare(share: number | null): Tone {
  return share === null || share < WARN_SHARE ? 'quiet' : share < BAD_SHARE ? 'warn' : 'bad'
}

export interface Trouble {
  /** Of the requests, those that failed; null where nobody knows. */
  share: number | null
  /** Whether it is the share of the last minute. */
  isNow: boolean
}

interface Rated {
  health: SchemaHealth
  error_rate: number | null
  recent_error_rate: number | null
}

export function troubleOf({ health, error_rate, recent_error_rate }: Rated): Trouble {
  const isNow =
    (recent_error_rate ?? 0) > (error_rate ?? 0) && RANK[TONE[health]] > RANK[toneOfShare(error_rate)]
  return { share: isNow ? recent_error_rate : error_rate, isNow }
}

/** `12.0 % err`, and whether that is of now. */
export function troubleText({ share, isNow }: Trouble): string {
  return `${shareText(share)} err${isNow ? ' now' : ''}`
}

/** The same where there is little room beside the rate. */
export function cardText({ share, isNow }: Trouble): string {
  return `${shareText(share)} ${isNow ? 'now' : 'err'}`
}
