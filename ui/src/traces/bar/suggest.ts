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

const TRACE_ID = /^(?:[0-9a-f]{16}|[0-9a-f]{32})$/i

export function groupsOf(
  text: string,
  position: Position,
  names: Names,
  values: readonly TypedValue[],
  history: readonly string[],
): Group[] {
  const trimmed = text.trim()
  if (trimmed === '') return beginnings(history)
  if (TRACE_ID.test(trimmed))
    return [{ title: 'Trace', options: [{ kind: 'trace', id: trimmed.toLowerCase() }] }]
  const options = proposalsAt(position, names, values).map((proposal): Option => ({ kind: 'part', proposal }))
  return options.length === 0 ? [] : [{ title: TITLES[position.place.kind] ?? '', options }]
}

const TITLES: Partial<Record<Position['place']['kind'], string>> = {
  stage: 'Spans that …',
  function: 'And then',
  'stage operator': 'Together with',
  field: 'Fields',
  operator: 'Comparisons',
  value: 'Values, the most frequent first',
  joint: 'And then',
}

function beginnings(history: readonly string[]): Group[] {
  const presets = PRESETS.map(({ query, words }): Option => ({ kind: 'query', query, words }))
  const asked = history.map((query): Option => ({ kind: 'query', query, words: '' }))
  return [
    ...(asked.length === 0 ? [] : [{ title: 'Asked before', options: asked }]),
    { title: 'To begin with', options: presets },
  ]
}
