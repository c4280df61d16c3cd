// What the rest of a filter asks for beside the clause that is being typed: of spans that fulfil it the values are wanted.

import { type Token, tokensOf } from './tokens.ts'

/**
 * The other clauses of the filter around a place, as a filter; undefined if there are none, or if one of them need not be
 * fulfilled.
 */
export function narrowingAt(text: string, place: number): string | undefined {
  const inner = filterAround(tokensOf(text), place)
  const joints = inner.filter(({ token, depth }) => depth === 0 && isJoint(token)).map(({ token }) => token)
  if (joints.some(({ text }) => text === '||')) return undefined
  const bounds = [-1, ...joints.map(({ from }) => from), Number.POSITIVE_INFINITY]
  const others = bounds.slice(1).flatMap((end, at) => {
    const start = bounds[at] ?? -1
    if (place > start && place <= end) return []
    const clause = inner.filter(({ token }) => token.from > start && token.from < end)
    const [first, last] = [clause[0]?.token, clause.at(-1)?.token]
    return first === undefined || last === undefined || clause.length < 3
      ? []
      : [text.slice(first.from, last.to)]
  })
  return others.length === 0 ? undefined : `{ ${others.join(' && ')} }`
}

const isJoint = ({ text }: Token) => text === '&&' || text === '||'

interface Deep {
  token: Token
  /** In parentheses. */
  depth: number
}

/** The tokens between the braces around a place; none outside of any. */
function filterAround(tokens: readonly Token[], place: number): Deep[] {
  const isBrace = ({ kind, text }: Token) => kind === 'symbol' && (text === '{' || text === '}')
  const open = tokens.findLastIndex(token => isBrace(token) && token.to <= place)
  if (tokens[open]?.text !== '{') return []
  const rest = tokens.slice(open + 1)
  const end = rest.findIndex(isBrace)
  let depth = 0
  return rest.slice(0, end === -1 ? undefined : end).map(token => {
    if (token.text === ')') depth -= 1
    const deep = { token, depth }
    if (token.text === '(') depth += 1
    return deep
  })
}
