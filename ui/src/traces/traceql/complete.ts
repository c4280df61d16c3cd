// What is proposed at a place of a query. Pure: names and values come from who asks.

import { functionsAfter, HINTS, type TraceqlFunction } from './functions.ts'
import { matching } from './match.ts'
import type { Argument, Wants } from './place.ts'
import type { Position } from './position.ts'
import { attributeName, attributeText, quotedText, regexOf, unquoted, valueText } from './quote.ts'
import {
  COUNTS,
  DURATIONS,
  INTRINSICS,
  intrinsicOf,
  isNeverNil,
  NAMED_VALUES,
  OPERATOR_WORDS,
  OPERATORS,
  QUANTILES,
  SCOPES,
  SELECTIONS,
  STAGE_OPERATORS,
  type ValueType,
} from './words.ts'

export interface Proposal {
  /** Shown, and compared with what was typed. */
  label: string
  /** Beside it. */
  detail: string
  /** Put in the place of what was typed; the caret goes behind it. */
  insert: string
}

/** Names of attributes by scope. */
export type Names = ReadonlyMap<string, readonly string[]>

export interface TypedValue {
  type: string
  value: string
}

/**
 * The attribute or intrinsic whose values are wanted at a place, as the server names it; null if none are. Of an attribute they
 * are wanted before its operator, too: they tell its type.
 */
export function wantedTag({ place }: Position): string | null {
  if ((place.kind !== 'value' && place.kind !== 'operator') || place.field === '') return null
  const intrinsic = intrinsicOf(place.field)
  if (intrinsic !== undefined) {
    return place.kind === 'value' && intrinsic.type === 'string' ? intrinsic.name : null
  }
  const { scope, name } = attributeName(place.field)
  return name === '' || scope.startsWith('parent') ? null : `${scope}.${name}`
}

export function proposalsAt(position: Position, names: Names, values: readonly TypedValue[]): Proposal[] {
  const { place, typed } = position
  switch (place.kind) {
    case 'stage':
      return typed === '' ? STAGES : fields(names, typed, BARE)
    case 'function':
      return matching([...functionsAfter(place.after).map(called), ...FILTERS[place.after]], typed)
    case 'stage operator':
      return matching(stageOperators(place.isNested, typed), typed)
    case 'series operator':
      return matching(seriesOperators(place), typed)
    case 'comparison':
      return matching(comparisons('duration'), typed)
    case 'limit':
      return matching((place.of === 'count' ? COUNTS : DURATIONS).map(whole), typed)
    case 'field':
      return fields(names, typed, place)
    case 'operator':
      return matching(operators(place, values), typed)
    case 'value':
      return matching(valuesOf(place.field, place.op, values), unquoted(typed))
    case 'joint':
      return joints(place.closes)
    case 'argument':
      return matching(ARGUMENTS[place.of], typed)
    case 'argument end':
      return [...(place.more === null ? [] : [MORE[place.more]]), CLOSES]
    case 'hint value':
      return matching([whole('true'), whole('false')], typed)
    case 'none':
      return []
  }
}

const plain = ([text, words]: readonly [string, string]): Proposal => ({
  label: text.trim(),
  detail: words,
  insert: text,
})

const whole = (text: string): Proposal => ({ label: text, detail: '', insert: `${text} ` })

const called = ({ name, words, insert }: TraceqlFunction): Proposal => ({
  label: `${name}()`,
  detail: words,
  insert,
})

/** For who forgets the pipe. */
const piped = (one: TraceqlFunction): Proposal => ({
  ...called(one),
  label: `| ${one.name}()`,
  insert: `| ${one.insert}`,
})

const CLOSES: Proposal = { label: ')', detail: 'ends it', insert: ') ' }
const closing = (isNested: boolean): Proposal[] => (isNested ? [{ ...CLOSES, detail: 'ends the group' }] : [])

const STAGES: Proposal[] = [
  { label: '{', detail: 'a filter', insert: '{ ' },
  { label: '(', detail: 'a group', insert: '(' },
]
const FILTERS: Record<'spans' | 'series', Proposal[]> = {
  spans: [{ label: '{', detail: 'only those of the spans found', insert: '{ ' }],
  series: [],
}

const ARGUMENTS: Record<Argument, Proposal[]> = {
  quantile: QUANTILES.map(whole),
  count: COUNTS.map(whole),
  selection: SELECTIONS.map(plain),
  hint: HINTS.map(([name, words]) => ({ label: name, detail: words, insert: `${name}=` })),
  field: [],
}

const MORE: Record<Argument, Proposal> = {
  quantile: { label: ', 0.9', detail: 'another quantile', insert: ', 0.9' },
  count: { label: ', 10', detail: 'how many values of an attribute', insert: ', 10' },
  selection: { label: ',', detail: 'and another', insert: ', ' },
  hint: { label: ',', detail: 'and another hint', insert: ', ' },
  field: { label: ',', detail: 'and another', insert: ', ' },
}

function stageOperators(isNested: boolean, typed: string): Proposal[] {
  const functions = typed === '' ? [] : functionsAfter('spans').map(piped)
  return [...STAGE_OPERATORS.map(plain), ...closing(isNested), ...functions]
}

function seriesOperators({ canGroup, isNested }: { canGroup: boolean; isNested: boolean }): Proposal[] {
  return [
    ...(canGroup ? [{ label: 'by ()', detail: 'a series for each value', insert: 'by (' }] : []),
    ...functionsAfter('series').map(piped),
    { label: '|', detail: 'goes on with the series', insert: '| ' },
    ...closing(isNested),
    { label: 'with ()', detail: 'hints', insert: 'with (' },
    ...comparisons('number').map(one => ({ ...one, detail: `only what is ${one.detail}` })),
    ...['+', '-', '*', '/'].map(op => ({
      label: op,
      detail: 'with other series or a number',
      insert: `${op} `,
    })),
  ]
}

interface FieldPlace {
  wants: Wants
  isFirst: boolean
}

interface OperatorPlace {
  field: string
  closes: '}' | ')'
}

/** After a bare dot the scope is left open. */
const isUnscoped = (typed: string) => typed.startsWith('.')

/** A condition that misses its braces. */
const BARE = { wants: 'any', isFirst: false } as const

function fields(names: Names, typed: string, { wants, isFirst }: FieldPlace): Proposal[] {
  const intrinsics = INTRINSICS.filter(({ type }) => wants === 'any' || NUMERIC.has(type))
  const attributes = [...names].flatMap(([scope, found]) =>
    found.map(name => {
      const text = attributeText(isUnscoped(typed) ? '' : scope, name)
      return { label: text, detail: `${scope} attribute`, insert: `${text} ` }
    }),
  )
  return matching(
    [
      ...intrinsics.map(({ name, words }) => ({ label: name, detail: words, insert: `${name} ` })),
      ...(isFirst ? [ALL] : []),
      ...SIGNS[wants],
      ...SCOPES.filter(([scope]) => scope !== typed).map(plain),
      ...(isUnscoped(typed) ? uniqueLabels(attributes) : attributes),
    ],
    typed,
  )
}

const ALL: Proposal = { label: '}', detail: 'every span', insert: '} ' }
const SIGNS: Record<Wants, Proposal[]> = {
  any: [
    { label: '(', detail: 'a group', insert: '(' },
    { label: '!', detail: 'not', insert: '!' },
  ],
  number: [{ label: '(', detail: 'a group', insert: '(' }],
}

const NUMERIC: ReadonlySet<ValueType> = new Set(['number', 'duration'])

function uniqueLabels(proposals: readonly Proposal[]): Proposal[] {
  return [...new Map(proposals.map(proposal => [proposal.label, proposal])).values()]
}

type Type = ValueType | 'any'

/** The type of a field; an attribute's is that of all values that are known of it. */
export function typeOf(field: string, values: readonly TypedValue[]): Type {
  const intrinsic = intrinsicOf(field)
  if (intrinsic !== undefined) return intrinsic.type
  const types = new Set(values.map(({ type }) => TYPES[type] ?? 'any'))
  const [type = 'any'] = types
  return types.size === 1 ? type : 'any'
}

const TYPES: Record<string, Type> = {
  string: 'string',
  int: 'number',
  float: 'number',
  duration: 'duration',
  bool: 'keyword',
  keyword: 'keyword',
}

const proposed = (op: string): Proposal => ({
  label: op,
  detail: OPERATOR_WORDS[op] ?? '',
  insert: `${op} `,
})

const comparisons = (type: Type): Proposal[] => OPERATORS[type].map(proposed)

/** An attribute may be missing, and it may be true by itself; an intrinsic is always there and never is. */
function operators({ field, closes }: OperatorPlace, values: readonly TypedValue[]): Proposal[] {
  const type = typeOf(field, values)
  if (intrinsicOf(field) !== undefined) return comparisons(type)
  const mayBeTrue = type === 'any' || type === 'keyword'
  return [...comparisons(type), ...['!= nil', '= nil'].map(proposed), ...(mayBeTrue ? joints(closes) : [])]
}

function valuesOf(field: string, op: string, values: readonly TypedValue[]): Proposal[] {
  const intrinsic = intrinsicOf(field)
  const known =
    NAMED_VALUES[intrinsic?.name ?? ''] ?? (intrinsic?.type === 'duration' ? DURATIONS : undefined)
  if (known !== undefined) return known.map(whole)
  const isRegex = op === '=~' || op === '!~'
  const found = values
    .filter(({ type }) => !isRegex || type === 'string')
    .map(({ type, value }) => ({
      label: value === '' ? '(empty)' : value,
      detail: type === 'string' ? 'text' : type,
      insert: `${isRegex ? quotedText(regexOf(value)) : valueText(type, value)} `,
    }))
  const mayBeNil = !isNeverNil(field) && (op === '=' || op === '!=')
  return mayBeNil ? [...found, { ...whole('nil'), detail: op === '=' ? 'is not there' : 'is there' }] : found
}

function joints(closes: '}' | ')'): Proposal[] {
  return [
    { label: '&&', detail: 'both are true', insert: '&& ' },
    { label: '||', detail: 'either is true', insert: '|| ' },
    { label: closes, detail: closes === '}' ? 'ends the filter' : 'ends the group', insert: `${closes} ` },
  ]
}

/** The text after a proposal was taken, and where the caret then is. */
export function taken(
  text: string,
  { from, to }: Position,
  { insert }: Proposal,
): { text: string; caret: number } {
  const [before, rest] = [text.slice(0, from), text.slice(to)]
  const name = calledAlready(insert, rest)
  if (name !== null) {
    const head = before + name
    return { text: head + rest, caret: head.length + rest.indexOf('(') + 1 }
  }
  // One blank is enough.
  const isBlankThere = insert.endsWith(' ') && rest.startsWith(' ')
  const head = before + (isBlankThere ? insert.trimEnd() : insert)
  return { text: head + rest, caret: head.length + (isBlankThere ? 1 : 0) }
}

/** The name alone of a function that is put before the parenthesis that another one had; null of anything else. */
function calledAlready(insert: string, rest: string): string | null {
  const [, name] = /^((?:\| )?\w+)\s?\(/.exec(insert) ?? []
  return name !== undefined && /^\s*\(/.test(rest) ? name : null
}
