// Splits TraceQL into tokens, whatever is wrong with it: people are looking at it while they type. The server has the last
// word on what is a query.

export type TokenKind =
  /** `span.http.route`, `.x`; the name may still be missing. */
  | 'attribute'
  /** An intrinsic, a keyword or a function. */
  | 'word'
  | 'string'
  /** Also a duration. */
  | 'number'
  | 'symbol'
  /** What begins no token. */
  | 'unknown'

export interface Token {
  kind: TokenKind
  /** As it stands in the text, from `from` to before `to`. */
  text: string
  from: number
  to: number
}

/** Longer ones before those that they begin with. */
const SYMBOLS =
  '!>> !<< &>> &<< && || != =~ !~ <= >= >> << !> !< &> &< &~ { } ( ) | , = < > ~ ! + - * / % ^'.split(' ')

const BLANK = /\s+|\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/y
const STRING = /"(?:\\[\s\S]|[^"\\\n])*"?|`[^`]*`?/y
const NUMBER = /(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+|[\p{L}\d.]*)/uy
/** What may stand in a name without quotes, and quoted parts. */
const NAME = String.raw`(?:"(?:\\["\\]|[^"])*"?|[^\s{}()=~!<>&|^,"])*`
const ATTRIBUTE = new RegExp(
  String.raw`(?:parent\.)?(?:(?:span|resource|event|link|instrumentation)\.|\.)${NAME}|parent\.${NAME}`,
  'uy',
)
const WORD = /[\p{L}_][\p{L}\p{N}_]*(?::[\p{L}\p{N}_]*)?/uy

const PATTERNS: readonly [TokenKind, RegExp][] = [
  ['string', STRING],
  ['number', NUMBER],
  ['attribute', ATTRIBUTE],
  ['word', WORD],
]

export function tokensOf(text: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  while (at < text.length) {
    const blank = matchAt(BLANK, text, at)
    if (blank !== '') {
      at += blank.length
      continue
    }
    const token = tokenAt(text, at)
    tokens.push(token)
    at = token.to
  }
  return tokens
}

function tokenAt(text: string, from: number): Token {
  for (const [kind, pattern] of PATTERNS) {
    const found = matchAt(pattern, text, from)
    if (found !== '') return { kind, text: found, from, to: from + found.length }
  }
  const symbol = SYMBOLS.find(symbol => text.startsWith(symbol, from))
  // A character beyond the first plane is two units of the text.
  const found = symbol ?? String.fromCodePoint(text.codePointAt(from) ?? 0)
  return { kind: symbol === undefined ? 'unknown' : 'symbol', text: found, from, to: from + found.length }
}

function matchAt(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0] ?? ''
}

/** Whether a string has its closing quote. */
export function isClosed(string: string): boolean {
  if (string.length < 2) return false
  const quote = string[0]
  if (!string.endsWith(quote ?? '')) return false
  if (quote === '`') return true
  const backslashes = /(\\*)"$/.exec(string)?.[1]?.length ?? 0
  return backslashes % 2 === 0
}

export const COMPARISONS = ['=', '!=', '=~', '!~', '>', '>=', '<', '<='] as const
export type Comparison = (typeof COMPARISONS)[number]

export function isComparison(text: string): text is Comparison {
  return (COMPARISONS as readonly string[]).includes(text)
}

/** Where a place that the server names stands in the text: it counts lines and characters from 1. */
export function offsetOf(text: string, { line, column }: { line: number; column: number }): number {
  const lines = text.split('\n')
  const before = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0)
  const characters = [...(lines[line - 1] ?? '')].slice(0, column - 1)
  return Math.min(text.length, before + characters.join('').length)
}
