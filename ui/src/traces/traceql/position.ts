// What may stand at a place of a query: looks at the tokens before it, never at whether the whole is right.

import { isComparison, type Token, tokensOf } from './tokens.ts'
import { isValueWord } from './words.ts'

export type Place =
  /** A spanset, or nothing yet. */
  | { kind: 'stage' }
  /** What follows a pipe. */
  | { kind: 'function' }
  /** What joins a spanset with the next. */
  | { kind: 'stage operator' }
  | { kind: 'field' }
  | { kind: 'operator'; field: string }
  | { kind: 'value'; field: string; op: string }
  /** After a clause of a filter. */
  | { kind: 'joint'; closes: '}' | ')' }
  /** Nothing can be proposed. */
  | { kind: 'none' }

export interface Position {
  place: Place
  /** What of the text is being typed, and gets replaced. */
  from: number
  to: number
  typed: string
}

/** A bracket that is open: of a filter, of a function's arguments, or of an expression. */
type Bracket = 'filter' | 'arguments' | 'group' | 'stages'

export function positionAt(text: string, caret: number): Position {
  const tokens = tokensOf(text)
  const current = tokens.find(token => isBeingTyped(token, caret))
  const before = tokens.filter(token => token.to <= (current?.from ?? caret))
  const place = placeAfter(before)
  const from = current?.from ?? caret
  return { place, from, to: current?.to ?? caret, typed: text.slice(from, caret) }
}

/** A token that the caret is in or behind can still grow; a symbol is done. */
function isBeingTyped({ kind, from, to }: Token, caret: number): boolean {
  return kind !== 'symbol' && kind !== 'unknown' && from < caret && caret <= to
}

function placeAfter(before: readonly Token[]): Place {
  const brackets = bracketsOf(before)
  const inner = brackets.at(-1)
  const previous = before.at(-1)
  if (inner === undefined || inner === 'stages') return outside(previous)
  return inside(before, inner)
}

function bracketsOf(tokens: readonly Token[]): Bracket[] {
  const open: Bracket[] = []
  tokens.forEach((token, at) => {
    if (token.kind !== 'symbol') return
    if (token.text === '{') open.push('filter')
    else if (token.text === '(') open.push(bracketAfter(tokens[at - 1], open.at(-1)))
    else if (token.text === '}' || token.text === ')') open.pop()
  })
  return open
}

function bracketAfter(previous: Token | undefined, around: Bracket | undefined): Bracket {
  if (around === undefined || around === 'stages') return previous?.kind === 'word' ? 'arguments' : 'stages'
  return 'group'
}

function outside(previous: Token | undefined): Place {
  if (previous === undefined) return { kind: 'stage' }
  if (previous.kind === 'word') return { kind: 'none' }
  if (previous.kind === 'number') return { kind: 'stage operator' }
  switch (previous.text) {
    case '|':
      return { kind: 'function' }
    case '}':
    case ')':
      return { kind: 'stage operator' }
    case '=':
    case '!=':
    case '>=':
    case '<=':
      return { kind: 'none' }
    default:
      return previous.kind === 'symbol' ? { kind: 'stage' } : { kind: 'none' }
  }
}

function inside(before: readonly Token[], inner: Bracket): Place {
  const closes = inner === 'filter' ? '}' : ')'
  const [subject, previous] = before.slice(-2)
  const last = before.length === 1 ? subject : previous
  if (last === undefined) return { kind: 'field' }
  if (last.kind === 'string' || last.kind === 'number') return { kind: 'joint', closes }
  if (last.kind === 'attribute' || last.kind === 'word') {
    if (isValueWord(last.text)) return { kind: 'joint', closes }
    return inner === 'arguments' ? { kind: 'joint', closes } : { kind: 'operator', field: last.text }
  }
  if (isComparison(last.text)) {
    const isField = subject?.kind === 'attribute' || subject?.kind === 'word'
    return { kind: 'value', field: isField ? subject.text : '', op: last.text }
  }
  if (last.text === ')') return { kind: 'joint', closes }
  return last.kind === 'unknown' ? { kind: 'none' } : { kind: 'field' }
}
