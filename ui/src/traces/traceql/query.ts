// What a query consists of, as far as the page works with it: its last filter and the clauses that it joins with `&&`.
//
// A clause is added to the last filter, because what that leaves is what is shown. Where the query does not end in a filter
// of its own, one is put behind it with `|`: it narrows what was found, whatever found it.

import { attributeName } from './quote.ts'
import { type Token, tokensOf } from './tokens.ts'
import { intrinsicOf } from './words.ts'

/** A filter `{ … }` that stands alone as the last stage, by its place in the text. */
interface LastFilter {
  /** After `{` and before `}`. */
  from: number
  to: number
}

interface Clause {
  text: string
  from: number
  to: number
}

const OPEN = new Set(['{', '('])
const CLOSE = new Set(['}', ')'])

/** Tokens with how deep in brackets each stands: a bracket as deep as what is around it. */
function withDepth(tokens: readonly Token[]): { token: Token; depth: number }[] {
  let depth = 0
  return tokens.map(token => {
    if (token.kind === 'symbol' && CLOSE.has(token.text)) depth -= 1
    const found = { token, depth }
    if (token.kind === 'symbol' && OPEN.has(token.text)) depth += 1
    return found
  })
}

/** The tokens without hints (`with (…)`), which end a query. */
function bodyOf(tokens: readonly Token[]): readonly Token[] {
  const at = withDepth(tokens).findIndex(
    ({ token, depth }) => depth === 0 && token.kind === 'word' && token.text === 'with',
  )
  return at === -1 ? tokens : tokens.slice(0, at)
}

function lastFilter(text: string): LastFilter | null {
  const deep = withDepth(bodyOf(tokensOf(text)))
  const pipe = deep.findLastIndex(({ token, depth }) => depth === 0 && token.text === '|')
  const stage = deep.slice(pipe + 1)
  const [first, last] = [stage[0], stage.at(-1)]
  if (first?.token.text !== '{' || last?.token.text !== '}' || last.depth !== 0) return null
  const isOne = stage.slice(1, -1).every(({ depth }) => depth > 0)
  return isOne ? { from: first.token.to, to: last.token.from } : null
}

/** The clauses between a filter's braces; one if something else than `&&` joins them. */
function clausesIn(text: string, { from, to }: LastFilter): Clause[] {
  const tokens = tokensOf(text).filter(token => token.from >= from && token.to <= to)
  const deep = withDepth(tokens)
  const isJoint = (token: Token, depth: number) => depth === 0 && (token.text === '&&' || token.text === '||')
  if (deep.some(({ token, depth }) => isJoint(token, depth) && token.text === '||')) {
    return tokens.length === 0 ? [] : [clauseOf(text, tokens)]
  }
  const groups: Token[][] = [[]]
  for (const { token, depth } of deep) {
    if (isJoint(token, depth)) groups.push([])
    else groups.at(-1)?.push(token)
  }
  return groups.filter(group => group.length > 0).map(group => clauseOf(text, group))
}

function clauseOf(text: string, tokens: readonly Token[]): Clause {
  const [from, to] = [tokens[0]?.from ?? 0, tokens.at(-1)?.to ?? 0]
  return { text: text.slice(from, to), from, to }
}

/** Equal for texts that differ in blanks only. */
function plain(text: string): string {
  return tokensOf(text)
    .map(token => token.text)
    .join(' ')
}

/** The clauses of the last filter. */
export function clausesOf(query: string): string[] {
  const filter = lastFilter(query)
  return filter === null ? [] : clausesIn(query, filter).map(clause => clause.text)
}

export function hasClause(query: string, clause: string): boolean {
  return clausesOf(query).some(found => plain(found) === plain(clause))
}

/** The query that finds only what also fulfils the clause. */
export function withClause(query: string, clause: string): string {
  if (query.trim() === '') return `{ ${clause} }`
  if (hasClause(query, clause)) return query
  const filter = lastFilter(query)
  if (filter === null) return withStage(query, `{ ${clause} }`)
  const clauses = clausesIn(query, filter)
  return withInner(query, filter, [...clauses.map(({ text }) => asOperand(text, clauses.length)), clause])
}

/** `a || b` needs parentheses beside another clause: `&&` and `||` have one precedence. */
function asOperand(text: string, count: number): string {
  const isAlternative =
    count === 1 && withDepth(tokensOf(text)).some(({ token, depth }) => depth === 0 && token.text === '||')
  return isAlternative ? `(${text})` : text
}

function withInner(query: string, { from, to }: LastFilter, clauses: readonly string[]): string {
  const inner = clauses.length === 0 ? ' ' : ` ${clauses.join(' && ')} `
  return query.slice(0, from) + inner + query.slice(to)
}

/** The query with a stage more, before its hints. */
function withStage(query: string, stage: string): string {
  const end = bodyOf(tokensOf(query)).at(-1)?.to ?? query.length
  const rest = query.slice(end).trim()
  return `${query.slice(0, end)} | ${stage}${rest === '' ? '' : ` ${rest}`}`
}

/** The query without a clause of its last filter; empty if nothing is left to ask. */
export function withoutClause(query: string, clause: string): string {
  return withoutClauses(query, found => plain(found) === plain(clause))
}

export function withoutClauses(query: string, isUnwanted: (clause: string) => boolean): string {
  const filter = lastFilter(query)
  if (filter === null) return query
  const clauses = clausesIn(query, filter)
  const left = clauses.filter(({ text }) => !isUnwanted(text)).map(({ text }) => text)
  if (left.length === clauses.length) return query
  if (left.length > 0) return withInner(query, filter, left)
  // An empty stage after a pipe says nothing.
  const before = query
    .slice(0, filter.from)
    .replace(/\|?\s*\{$/, '')
    .trimEnd()
  const after = query.slice(filter.to).replace(/^\}/, '').trim()
  return [before, after].filter(part => part !== '' && before !== '').join(' ')
}

/** The clauses of a query that is nothing but one filter; null of any other. */
export function loneClauses(query: string): string[] | null {
  const filter = lastFilter(query)
  if (filter === null || query.slice(0, filter.from).trim() !== '{') return null
  return clausesIn(query, filter).map(({ text }) => text)
}

export function filterOf(clauses: readonly string[]): string {
  return clauses.length === 0 ? '{ }' : `{ ${clauses.join(' && ')} }`
}

export interface NamedAttribute {
  /** As the query writes it: `span.http.route`. */
  text: string
  name: string
}

/** The attributes that a query names, in their order; intrinsics are none. */
export function attributesIn(query: string): NamedAttribute[] {
  const texts = tokensOf(query)
    .filter(({ kind }) => kind === 'attribute')
    .map(({ text }) => text)
  return [...new Set(texts)]
    .map(text => ({ text, name: attributeName(text).name }))
    .filter(({ name }) => name !== '')
}

/** The query with another attribute wherever it names this one: not in what it compares with, nor in a longer name. */
export function withAttribute(query: string, named: string, meant: string): string {
  const tokens = tokensOf(query).filter(({ kind, text }) => kind === 'attribute' && text === named)
  // From the end, so that places before it stay what they are.
  return tokens.reduceRight((text, { from, to }) => text.slice(0, from) + meant + text.slice(to), query)
}

/** What a clause compares, if it is a comparison of a field with a value. */
export function comparisonIn(clause: string): { field: string; op: string; value: string } | null {
  const tokens = tokensOf(clause)
  const [field, op] = tokens
  if (field === undefined || op?.kind !== 'symbol' || tokens.length < 3 || tokens.length > 4) return null
  const isField =
    field.kind === 'attribute' || (field.kind === 'word' && intrinsicOf(field.text) !== undefined)
  return isField ? { field: field.text, op: op.text, value: clause.slice(tokens[2]?.from) } : null
}
