// Cuts a find or hide expression into tokens, each with its place, so that what is wrong can be underlined.

import { OPERATORS, type Operator } from './fields.ts'

export interface Place {
  /** Of its first character, and after its last. */
  start: number
  end: number
}

export type Token = Place &
  (
    | { kind: 'operator'; operator: Operator }
    | { kind: 'open' | 'close' | 'not' }
    /** Quoted, it is never a keyword or a field. */
    | { kind: 'word'; text: string; isQuoted: boolean }
    /** A quote without its end. */
    | { kind: 'broken'; text: string }
  )

/** Longer ones first: `!=` is not `!`. */
const BY_LENGTH = OPERATORS.toSorted((a, b) => b.length - a.length)
/** Ends a word. `^`, `$` and `*` do so before `=` only: names may hold them. */
const WORD_END = /[\s()"'=!<>~]|[\^$*]=/g

export function lex(text: string): Token[] {
  const tokens: Token[] = []
  for (let at = skipSpace(text, 0); at < text.length; at = skipSpace(text, at)) {
    const token = tokenAt(text, at)
    tokens.push(token)
    at = token.end
  }
  return tokens
}

function skipSpace(text: string, at: number): number {
  let next = at
  while (/\s/.test(text.charAt(next))) next += 1
  return next
}

function tokenAt(text: string, start: number): Token {
  const first = text.charAt(start)
  if (first === '(' || first === ')') {
    return { kind: first === '(' ? 'open' : 'close', start, end: start + 1 }
  }
  if (first === '"' || first === "'") return quoted(text, start, first)
  const operator = BY_LENGTH.find(operator => text.startsWith(operator, start))
  if (operator !== undefined) return { kind: 'operator', operator, start, end: start + operator.length }
  if (first === '!') return { kind: 'not', start, end: start + 1 }
  WORD_END.lastIndex = start + 1
  const end = WORD_END.exec(text)?.index ?? text.length
  return { kind: 'word', text: text.slice(start, end), isQuoted: false, start, end }
}

/** A backslash takes the next character as it is. */
function quoted(text: string, start: number, quote: string): Token {
  let value = ''
  for (let at = start + 1; at < text.length; at += 1) {
    const character = text.charAt(at)
    if (character === quote) return { kind: 'word', text: value, isQuoted: true, start, end: at + 1 }
    if (character === '\\' && at + 1 < text.length) at += 1
    value += text.charAt(at)
  }
  return { kind: 'broken', text: value, start, end: text.length }
}
