// The two brackets of a pair at a place of a query.

import type { Token } from './tokens.ts'

const PAIRS: Record<string, string> = { '(': ')', '{': '}' }

/** Where the bracket that the caret touches begins, and its partner; null if it touches none that has one. */
export function pairAt(tokens: readonly Token[], caret: number): readonly [number, number] | null {
  const open: Token[] = []
  for (const token of tokens) {
    if (token.kind !== 'symbol') continue
    if (PAIRS[token.text] !== undefined) open.push(token)
    const opener = open.at(-1)
    if (opener === undefined || PAIRS[opener.text] !== token.text) continue
    open.pop()
    if (touches(opener, caret) || touches(token, caret)) return [opener.from, token.from]
  }
  return null
}

const touches = ({ from, to }: Token, caret: number) => caret === from || caret === to
