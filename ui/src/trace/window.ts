// The part of a trace's time that is in view. In the URL: `zoom=from,to`, nanoseconds from the start of the trace.

import { type Nanoseconds, nanoseconds } from '../ui/units.ts'

export interface Window {
  from: Nanoseconds
  to: Nanoseconds
}

/** Nobody can tell less apart, and a window must have a length. */
const LENGTH_MIN = 10

export function wholeOf(length: Nanoseconds): Window {
  return { from: nanoseconds(0), to: length }
}

export const lengthOf = ({ from, to }: Window): Nanoseconds => nanoseconds(to - from)

/** The window that a URL names; all of the trace where it names none, or one that lies outside. */
export function windowOf(text: string | undefined, length: Nanoseconds): Window {
  const [from = Number.NaN, to = Number.NaN] = text?.split(',').map(Number) ?? []
  return from < to && from < length ? fitted(from, to, length) : wholeOf(length)
}

/** As the URL says it; undefined: all of the trace. */
export function windowText({ from, to }: Window, length: Nanoseconds): string | undefined {
  return from <= 0 && to >= length ? undefined : `${Math.floor(from)},${Math.ceil(to)}`
}

/** Within the trace, and never shorter than can be told apart. */
export function fitted(from: number, to: number, length: Nanoseconds): Window {
  const size = Math.min(length, Math.max(LENGTH_MIN, to - from))
  const start = Math.max(0, Math.min(from, length - size))
  return { from: nanoseconds(start), to: nanoseconds(start + size) }
}

/** Larger or smaller by a factor, around a moment that stays where it is. */
export function zoomed(window: Window, length: Nanoseconds, factor: number, around?: number): Window {
  const size = lengthOf(window)
  const centre = around ?? window.from + size / 2
  const part = size > 0 ? (centre - window.from) / size : 0.5
  const next = Math.max(LENGTH_MIN, size * factor)
  return fitted(centre - next * part, centre + next * (1 - part), length)
}

/** Moved by a part of itself. */
export function panned(window: Window, length: Nanoseconds, part: number): Window {
  const by = lengthOf(window) * part
  return fitted(window.from + by, window.to + by, length)
}

/** A span with some room on both sides. */
export function around(
  { start, duration }: { start: number; duration: number },
  length: Nanoseconds,
): Window {
  const room = Math.max(LENGTH_MIN, duration * 0.1)
  return fitted(start - room, start + duration + room, length)
}
