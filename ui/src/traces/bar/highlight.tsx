// The text of the query in colours, under the field that it is typed in; and where something is wrong, a line under it.

import { memo } from 'react'
import { pairAt } from '../traceql/brackets.ts'
import { type Token, tokensOf } from '../traceql/tokens.ts'
import { intrinsicOf, isValueWord } from '../traceql/words.ts'

interface Props {
  text: string
  /** Where something is wrong. */
  wrongAt: number | null
  /** A bracket that it touches is marked, and its partner. */
  caret?: number | null
}

export const Highlight = memo(function Highlight({ text, wrongAt, caret = null }: Props) {
  const tokens = tokensOf(text)
  const pair = caret === null ? null : pairAt(tokens, caret)
  const pieces: React.ReactNode[] = []
  let at = 0
  for (const token of tokens) {
    if (token.from > at) pieces.push(text.slice(at, token.from))
    const isWrong = wrongAt !== null && wrongAt >= token.from && wrongAt < token.to
    pieces.push(
      <span
        key={token.from}
        data-token={classOf(token)}
        data-wrong={isWrong || undefined}
        data-pair={pair?.includes(token.from) || undefined}
      >
        {token.text}
      </span>,
    )
    at = token.to
  }
  pieces.push(text.slice(at))
  const isAtEnd = wrongAt !== null && wrongAt >= (tokens.at(-1)?.to ?? 0)
  return (
    <>
      {pieces}
      {isAtEnd ? <span data-wrong>{'  '}</span> : null}
    </>
  )
})

function classOf({ kind, text }: Token): string {
  if (kind !== 'word') return kind
  if (isValueWord(text)) return 'value'
  return intrinsicOf(text) === undefined ? 'word' : 'attribute'
}
