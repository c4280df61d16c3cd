// Makes a query of what somebody typed in haste.

import { isClosed, type Token, tokensOf } from './tokens.ts'
import { intrinsicOf } from './words.ts'

const CLOSES: Record<string, string> = { '{': '}', '(': ')' }

/** The text with what it opens closed, and in braces if it is a bare condition. */
export function finished(text: string): string {
  const trimmed = text.trim()
  if (trimmed === '') return ''
  const query = isBare(trimmed) ? `{ ${trimmed} }` : trimmed
  const tokens = tokensOf(query)
  const last = tokens.at(-1)
  // What is put behind a comment may be in it.
  if (last === undefined || /\/[/*]/.test(query.slice(last.to))) return query
  const open: string[] = []
  for (const { kind, text } of tokens) {
    if (kind !== 'symbol') continue
    const close = CLOSES[text]
    if (close !== undefined) open.push(close)
    else if (text === open.at(-1)) open.pop()
  }
  const ends = open.reverse().map(close => (close === '}' ? ' }' : close))
  return query + openQuote(last) + ends.join('')
}

/** The quote that the token lacks at its end. */
function openQuote({ kind, text }: Token): string {
  if (kind === 'string') return isClosed(text) ? '' : (text[0] ?? '')
  const isOpenName = kind === 'attribute' && text.replaceAll(/"(?:\\["\\]|[^"])*"/g, '').includes('"')
  return isOpenName ? '"' : ''
}

/** `status = error`, which misses its braces. */
function isBare(text: string): boolean {
  const [first] = tokensOf(text)
  return first?.kind === 'attribute' || (first?.kind === 'word' && intrinsicOf(first.text) !== undefined)
}
