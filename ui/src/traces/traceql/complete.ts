// What is proposed at a place of a query. Pure: names and values come from who asks.

import type { Position } from './position.ts'
import { attributeName, attributeText, quotedText, regexOf, unquoted, valueText } from './quote.ts'
import {
  DURATIONS,
  FUNCTIONS,
  INTRINSICS,
  intrinsicOf,
  NAMED_VALUES,
  OPERATOR_WORDS,
  OPERATORS,
  STAGE_OPERATORS,
  type ValueType,
} from './words.ts'

/** More are not shown at a time: who looks for one types on. */
export const PROPOSALS_MAX = 50

export interface Proposal {
  /** Shown, and compared with what was typed. */
  label: string
  /** Beside it. */
  detail: string
  /** Put in the place of what was typed. */
  insert: string
}

/** Names of attributes by scope. */
export type Names = ReadonlyMap<string, readonly string[]>

export interface TypedValue {
  type: string
  value: string
}

/** The attribute or intrinsic whose values are wanted at a place, as the server names it; null if none are. */
export function wantedTag({ place }: Position): string | null {
  if (place.kind !== 'value' || place.field === '') return null
  const intrinsic = intrinsicOf(place.field)
  if (intrinsic !== undefined) return intrinsic.type === 'string' ? intrinsic.name : null
  const { scope, name } = attributeName(place.field)
  return name === '' || scope.startsWith('parent') ? null : `${scope}.${name}`
}

export function proposalsAt(position: Position, names: Names, values: readonly TypedValue[]): Proposal[] {
  const { place, typed } = position
  switch (place.kind) {
    case 'stage':
      return typed === '' ? [{ label: '{', detail: 'a filter', insert: '{ ' }] : fields(names, typed)
    case 'function':
      return matching(FUNCTIONS.map(plain), typed)
    case 'stage operator':
      return matching(STAGE_OPERATORS.map(plain), typed)
    case 'field':
      return fields(names, typed)
    case 'operator':
      return matching(operators(place.field), typed)
    case 'value':
      return matching(valuesOf(place.field, place.op, values), unquoted(typed))
    case 'joint':
      return joints(place.closes)
    case 'none':
      return []
  }
}

const plain = ([text, words]: readonly [string, string]): Proposal => ({
  label: text.trim(),
  detail: words,
  insert: text,
})

function fields(names: Names, typed: string): Proposal[] {
  const intrinsics = INTRINSICS.map(({ name, words }) => ({ label: name, detail: words, insert: `${name} ` }))
  // After a bare dot the scope is left open.
  const isUnscoped = typed.startsWith('.')
  const attributes = [...names].flatMap(([scope, found]) =>
    found.map(name => {
      const text = attributeText(isUnscoped ? '' : scope, name)
      return { label: text, detail: `${scope} attribute`, insert: `${text} ` }
    }),
  )
  return matching([...intrinsics, ...(isUnscoped ? uniqueLabels(attributes) : attributes)], typed)
}

function uniqueLabels(proposals: readonly Proposal[]): Proposal[] {
  return [...new Map(proposals.map(proposal => [proposal.label, proposal])).values()]
}

export function typeOf(field: string): ValueType | 'any' {
  return intrinsicOf(field)?.type ?? 'any'
}

function operators(field: string): Proposal[] {
  const type = typeOf(field)
  const comparisons = OPERATORS[type].map(op => ({
    label: op,
    detail: OPERATOR_WORDS[op] ?? '',
    insert: `${op} `,
  }))
  if (type !== 'any') return comparisons
  const tests = ['!= nil', '= nil'].map(op => ({
    label: op,
    detail: OPERATOR_WORDS[op] ?? '',
    insert: `${op} `,
  }))
  return [...comparisons, ...tests]
}

function valuesOf(field: string, op: string, values: readonly TypedValue[]): Proposal[] {
  const known = NAMED_VALUES[intrinsicOf(field)?.name ?? '']
  if (known !== undefined) return known.map(value => ({ label: value, detail: '', insert: `${value} ` }))
  if (typeOf(field) === 'duration')
    return DURATIONS.map(value => ({ label: value, detail: '', insert: `${value} ` }))
  const isRegex = op === '=~' || op === '!~'
  return values
    .filter(({ type }) => !isRegex || type === 'string')
    .map(({ type, value }) => ({
      label: value === '' ? '(empty)' : value,
      detail: type === 'string' ? 'text' : type,
      insert: `${isRegex ? quotedText(regexOf(value)) : valueText(type, value)} `,
    }))
}

function joints(closes: '}' | ')'): Proposal[] {
  return [
    { label: '&&', detail: 'both are true', insert: '&& ' },
    { label: '||', detail: 'either is true', insert: '|| ' },
    { label: closes, detail: closes === '}' ? 'ends the filter' : 'ends the group', insert: `${closes} ` },
  ]
}

/** Those that have what was typed in them, the best fit first, else in their order. */
export function matching(proposals: readonly Proposal[], typed: string): Proposal[] {
  const wanted = sought(typed)
  const ranked = proposals
    .map((proposal, place) => ({ proposal, place, rank: rankOf(sought(proposal.label), wanted) }))
    .filter(({ rank }) => rank !== null)
  ranked.sort((a, b) => (a.rank ?? 0) - (b.rank ?? 0) || a.place - b.place)
  return ranked.slice(0, PROPOSALS_MAX).map(({ proposal }) => proposal)
}

/** Names are found without the quotes that they are written with. */
function sought(text: string): string {
  return text.toLowerCase().replaceAll('"', '')
}

/** 0 is the best; null is no fit. */
function rankOf(label: string, wanted: string): number | null {
  if (wanted === '' || label.startsWith(wanted)) return 0
  const at = label.indexOf(wanted)
  if (at === -1) return null
  // The beginning of a part of a name: `route` in `span.http.route`.
  return /[^a-z0-9]/.test(label[at - 1] ?? '') ? 1 : 2
}

/** The text after a proposal was taken, and where the caret then is. */
export function taken(
  text: string,
  { from, to }: Position,
  { insert }: Proposal,
): { text: string; caret: number } {
  const rest = text.slice(to)
  // One blank is enough.
  const head =
    text.slice(0, from) + (insert.endsWith(' ') && rest.startsWith(' ') ? insert.trimEnd() : insert)
  const caret = head.length + (insert.endsWith(' ') && rest.startsWith(' ') ? 1 : 0)
  return { text: head + rest, caret }
}
