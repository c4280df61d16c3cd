// A query that asks for series: the part of it that finds spans, and what it makes of them.

import { isMetricsFunction } from './functions.ts'
import { type Token, tokensOf } from './tokens.ts'

export interface MetricsPart {
  /** The stages before the first metrics function; null where several are calculated with. */
  spans: string | null
  /** The name of the first. */
  name: string
  /** Its first argument as it stands in the text: a field or a filter; empty if it has none. */
  argument: string
}

/** Null of a query that asks for traces. */
export function metricsIn(query: string): MetricsPart | null {
  const tokens = tokensOf(query)
  const isCall = (at: number) =>
    tokens[at]?.kind === 'word' && isMetricsFunction(tokens[at].text) && tokens[at + 1]?.text === '('
  const at = tokens.findIndex((_, place) => isCall(place) && tokens[place - 1]?.text === '|')
  const name = tokens[at]
  if (at === -1 || name === undefined) return null
  const isAlone = tokens.every((_, place) => place === at || !isCall(place)) && depthAt(tokens, at) === 0
  const pipe = tokens[at - 1]?.from ?? 0
  return {
    spans: isAlone ? query.slice(0, pipe).trim() : null,
    name: name.text,
    argument: argumentOf(query, at, tokens),
  }
}

/** In how many parentheses a token stands. */
function depthAt(tokens: readonly Token[], at: number): number {
  const symbols = tokens.slice(0, at).filter(({ kind }) => kind === 'symbol')
  return symbols.reduce((depth, { text }) => depth + (text === '(' ? 1 : text === ')' ? -1 : 0), 0)
}

function argumentOf(query: string, at: number, tokens: readonly Token[]): string {
  const from = tokens[at + 1]?.to ?? query.length
  let depth = 0
  for (const { text, kind, from: end } of tokens.slice(at + 2)) {
    if (kind !== 'symbol') continue
    if (depth === 0 && (text === ',' || text === ')')) return query.slice(from, end).trim()
    if (text === '(' || text === '{') depth += 1
    else if (text === ')' || text === '}') depth -= 1
  }
  return query.slice(from).trim()
}
