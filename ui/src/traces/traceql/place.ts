// What may come next in an open bracket.

import type { Arguments, Stages } from './frames.ts'
import { isComparison, type Token } from './tokens.ts'
import { isValueWord } from './words.ts'

export type Place =
  /** A spanset, or nothing yet. */
  | { kind: 'stage' }
  /** What follows a pipe. */
  | { kind: 'function'; after: 'spans' | 'series' }
  /** What joins a spanset with the next. */
  | { kind: 'stage operator'; isNested: boolean }
  /** After a metrics function, and what follows it. */
  | { kind: 'series operator'; canGroup: boolean; isNested: boolean }
  /** After an aggregate: a comparison. */
  | { kind: 'comparison' }
  /** What an aggregate is compared with. */
  | { kind: 'limit'; of: string }
  /** `isFirst`: nothing stands before it in its filter. */
  | { kind: 'field'; wants: Wants; isFirst: boolean }
  /** After a field; an attribute may be true by itself, and what it stands in may end. */
  | { kind: 'operator'; field: string; closes: '}' | ')' }
  | { kind: 'value'; field: string; op: string }
  /** After a clause of a filter. */
  | { kind: 'joint'; closes: '}' | ')' }
  /** After an argument, and which other may follow it. */
  | { kind: 'argument end'; more: Argument | null }
  | { kind: 'argument'; of: Argument }
  | { kind: 'hint value'; hint: string }
  /** Nothing can be proposed. */
  | { kind: 'none' }

/** Arguments that are no fields. */
export type Argument = 'quantile' | 'count' | 'selection' | 'hint' | 'field'
export type Wants = 'any' | 'number'

export function stagesPlace({ state, word, given, isNested }: Stages): Place {
  switch (state) {
    case 'open':
    case 'math':
      return { kind: 'stage' }
    case 'piped':
      return { kind: 'function', after: given }
    case 'spans':
      return { kind: 'stage operator', isNested }
    case 'number':
      return { kind: 'comparison' }
    case 'compares number':
      return { kind: 'limit', of: word }
    case 'metrics':
    case 'series':
      return { kind: 'series operator', canGroup: state === 'metrics', isNested }
    case 'compares series':
    case 'word':
    case 'over':
      return { kind: 'none' }
  }
}

/** In a field; `end` is what follows a whole one. */
export function fieldsPlace(tokens: readonly Token[], end: Place, wants: Wants): Place {
  const [before, last] = [tokens.at(-2), tokens.at(-1)]
  if (last === undefined) return { kind: 'field', wants, isFirst: end.kind === 'joint' && end.closes === '}' }
  if (last.kind === 'string' || last.kind === 'number') return end
  if (last.kind === 'attribute' || last.kind === 'word') {
    const isWhole = isValueWord(last.text) || end.kind !== 'joint' || isComparison(before?.text ?? '')
    return isWhole ? end : { kind: 'operator', field: last.text, closes: end.closes }
  }
  if (isComparison(last.text)) {
    const isField = before?.kind === 'attribute' || before?.kind === 'word'
    return { kind: 'value', field: isField ? before.text : '', op: last.text }
  }
  if (last.text === ')') return end
  return last.kind === 'unknown' ? { kind: 'none' } : { kind: 'field', wants, isFirst: false }
}

/** `compare` knows how many values, from when, until when. */
const SELECTION_MAX = 3

export function argumentsPlace({ takes, count, tokens }: Arguments): Place {
  const end = (more: Argument | null): Place => ({ kind: 'argument end', more })
  const another = (of: Argument, more: Argument | null): Place =>
    tokens.length === 0 ? { kind: 'argument', of } : end(more)
  switch (takes) {
    case 'nothing':
      return end(null)
    case 'number':
    case 'field':
      return fieldsPlace(tokens, end(null), takes === 'number' ? 'number' : 'any')
    case 'fields':
      return fieldsPlace(tokens, end('field'), 'any')
    case 'quantiles':
      return count === 0 ? fieldsPlace(tokens, end('quantile'), 'number') : another('quantile', 'quantile')
    case 'count':
      return another('count', null)
    case 'selection':
      return count === 0
        ? another('selection', 'count')
        : another('count', count < SELECTION_MAX ? 'count' : null)
    case 'hints':
      return hintPlace(tokens)
  }
}

function hintPlace(tokens: readonly Token[]): Place {
  const [name, equals, value] = tokens
  if (name === undefined) return { kind: 'argument', of: 'hint' }
  if (value !== undefined) return { kind: 'argument end', more: 'hint' }
  return equals === undefined ? { kind: 'none' } : { kind: 'hint value', hint: name.text }
}
