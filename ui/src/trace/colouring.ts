// What the colour of a bar says: its service, its status, or its part of the whole time. What it says is written beside
// the bar, too.

import type { ServiceName } from '../ui/service-colour.ts'
import { at, type Trace } from './columns.ts'
import { serviceAt, statusAt } from './span.ts'

export type ColourBy = 'service' | 'status' | 'duration'
export const COLOURS_BY: readonly ColourBy[] = ['service', 'status', 'duration']

/** A CSS colour for each row. */
export type Colouring = (row: number) => string

const NONE = 'var(--idle)'

const STATUS_COLOURS = { error: 'var(--bad)', ok: 'var(--ok)', unset: 'var(--idle)' } as const

/** From the shortest to the longest, by the least part of the trace that each begins with. */
export const DURATION_STEPS = [
  { from: 0, words: 'below 0.1 %', colour: 'light-dark(#7f93a8, #4d6580)' },
  { from: 0.001, words: '0.1 to 1 %', colour: 'light-dark(#5f8fc4, #5f86b3)' },
  { from: 0.01, words: '1 to 10 %', colour: 'light-dark(#2f6fb5, #7aa9e0)' },
  { from: 0.1, words: '10 to 50 %', colour: 'light-dark(#12498f, #b3d2f7)' },
  { from: 0.5, words: '50 % and more', colour: 'light-dark(#062656, #eaf3ff)' },
] as const

export const STATUS_STEPS = [
  { words: 'error', colour: STATUS_COLOURS.error },
  { words: 'ok', colour: STATUS_COLOURS.ok },
  { words: 'not set', colour: STATUS_COLOURS.unset },
] as const

export function colouringOf(
  by: ColourBy,
  trace: Trace,
  services: ReadonlyMap<ServiceName, string>,
): Colouring {
  switch (by) {
    case 'service':
      return row => services.get(serviceAt(trace, row)) ?? NONE
    case 'status':
      return row => STATUS_COLOURS[statusAt(trace, row)]
    case 'duration':
      return row => durationColour(trace.length > 0 ? at(trace.duration, row) / trace.length : 0)
  }
}

function durationColour(part: number): string {
  return DURATION_STEPS.findLast(({ from }) => part >= from)?.colour ?? NONE
}
