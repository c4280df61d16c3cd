// What may stand at a place of a query: walks over the tokens before it, never asks whether the whole is right.

import { framesOf } from './frames.ts'
import { argumentsPlace, fieldsPlace, type Place, stagesPlace } from './place.ts'
import { type Token, tokensOf } from './tokens.ts'

export type { Place } from './place.ts'

export interface Position {
  place: Place
  /** What of the text is being typed, and gets replaced. */
  from: number
  to: number
  typed: string
}

export function positionAt(text: string, caret: number): Position {
  const tokens = tokensOf(text)
  const current = tokens.find(token => isBeingTyped(token, caret))
  const before = tokens.filter(token => token.to <= (current?.from ?? caret))
  const from = current?.from ?? caret
  return { place: placeAfter(before), from, to: current?.to ?? caret, typed: text.slice(from, caret) }
}

/** A token that the caret is in or behind can still grow; a symbol is done. */
function isBeingTyped({ kind, from, to }: Token, caret: number): boolean {
  return kind !== 'symbol' && kind !== 'unknown' && from < caret && caret <= to
}

function placeAfter(before: readonly Token[]): Place {
  const frame = framesOf(before).at(-1)
  switch (frame?.kind) {
    case undefined:
      return { kind: 'none' }
    case 'stages':
      return stagesPlace(frame)
    case 'fields':
      return fieldsPlace(frame.tokens, { kind: 'joint', closes: frame.closes }, 'any')
    case 'arguments':
      return argumentsPlace(frame)
  }
}
