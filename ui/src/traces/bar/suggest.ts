// What the list below the query bar offers: where to begin while nothing is typed, else what fits the place.

import { type Names, type Proposal, proposalsAt, type TypedValue } from '../traceql/complete.ts'
import type { Position } from '../traceql/position.ts'
import { PRESETS } from './presets.ts'

export type Option =
  /** Replaces what is typed at the place. */
  | { kind: 'part'; proposal: Proposal }
  /** Asked as it is. */
  | { kind: 'query'; query: string; words: string }
  /** Somebody pasted the id of a trace. */
  | { kind: 'trace'; id: string }

export interface Group {
  title: string
  options: Option[]
}

const TRACE_ID = /^(?:[0-9a-f]{16}|[0-9a-f]{32})$/

/** The id of a trace where nothing else was pasted. */
export function traceIdOf(text: string): string | null {
  const id = text.trim().toLowerCase()
  return TRACE_ID.test(id) ? id : null
}

export function groupsOf(
  text: string,
  position: Position,
  names: Names,
  values: readonly TypedValue[],
  history: readonly string[],
): Group[] {
  if (text.trim() === '') return beginnings(history)
  const id = traceIdOf(text)
  if (id !== null) return [{ title: 'Trace', options: [{ kind: 'trace', id }] }]
  const options = proposalsAt(position, names, values).map((proposal): Option => ({ kind: 'part', proposal }))
  return options.length === 0 ? [] : [{ title: TITLES[position.place.kind] ?? '', options }]
}

const TITLES: Partial<Record<Position['place']['kind'], string>> = {
  stage: 'Spans that …',
  function: 'And then',
  'stage operator': 'And then',
  'series operator': 'And then',
  comparison: 'Comparisons',
  limit: 'Values',
  field: 'Fields',
  operator: 'Comparisons',
  value: 'Values, the most frequent first',
  joint: 'And then',
  argument: 'Arguments',
  'argument end': 'And then',
  'hint value': 'Values',
}

function beginnings(history: readonly string[]): Group[] {
  const presets = PRESETS.map(({ query, words }): Option => ({ kind: 'query', query, words }))
  const asked = history.map((query): Option => ({ kind: 'query', query, words: '' }))
  return [
    ...(asked.length === 0 ? [] : [{ title: 'Asked before', options: asked }]),
    { title: 'To begin with', options: presets },
  ]
}
