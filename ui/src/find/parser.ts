// Reads a find or hide expression: `not (kind = database or ns = shop) and p95 > 500ms cart`. AND binds tighter than OR, NOT
// tighter than both, and terms that only stand side by side are joined by AND. What is wrong is told with its place and
// with what would be right.

import {
  FIELDS,
  type Field,
  type FieldType,
  MTLS,
  numberOf,
  type Operator,
  operatorsOf,
  UNIT_WORDS,
} from './fields.ts'
import { lex, type Place, type Token } from './lexer.ts'

/** A value as it is compared. */
export type Value =
  | { kind: 'text'; text: string }
  | { kind: 'number'; number: number }
  | { kind: 'pattern'; pattern: RegExp; text: string }

export type Expression =
  | { kind: 'and' | 'or'; terms: readonly Expression[] }
  | { kind: 'not'; term: Expression }
  | { kind: 'test'; field: Field; operator: Operator; value: Value }
  /** A bare word: a part of a name. */
  | { kind: 'word'; text: string }

export interface Mistake extends Place {
  message: string
}

export type Parsed = { expression: Expression } | { mistake: Mistake }

/** Deeper nesting is nobody's question. */
const DEPTH_MAX = 64

/** Undefined where the text says nothing. */
export function parse(text: string): Parsed | undefined {
  const tokens = lex(text)
  if (tokens.length === 0) return undefined
  const reader = new Reader(tokens, text.length)
  try {
    return { expression: reader.whole() }
  } catch (error) {
    if (error instanceof MistakeError) return { mistake: error.mistake }
    throw error
  }
}

class MistakeError extends Error {
  readonly mistake: Mistake
  constructor(mistake: Mistake) {
    super(mistake.message)
    this.mistake = mistake
  }
}

class Reader {
  private at = 0
  private depth = 0
  private readonly tokens: readonly Token[]
  private readonly length: number

  constructor(tokens: readonly Token[], length: number) {
    this.tokens = tokens
    this.length = length
  }

  whole(): Expression {
    const expression = this.either()
    const rest = this.tokens[this.at]
    if (rest !== undefined) this.fail(rest, 'this closes nothing: there is no ( before it')
    return expression
  }

  private either(): Expression {
    const terms = [this.all()]
    while (this.takeKeyword('or')) terms.push(this.all())
    return joined('or', terms)
  }

  private all(): Expression {
    const terms = [this.one()]
    while (this.takeKeyword('and') || this.startsTerm()) terms.push(this.one())
    return joined('and', terms)
  }

  private startsTerm(): boolean {
    const token = this.tokens[this.at]
    return token !== undefined && token.kind !== 'close' && !isKeyword(token, 'or')
  }

  private one(): Expression {
    this.depth += 1
    const token = this.tokens[this.at]
    if (token === undefined) return this.failAtEnd('a field such as p95, a name, or ( is expected here')
    if (this.depth > DEPTH_MAX) this.fail(token, 'this is nested too deeply')
    const expression = this.oneAt(token)
    this.depth -= 1
    return expression
  }

  private oneAt(token: Token): Expression {
    this.at += 1
    switch (token.kind) {
      case 'not':
        return { kind: 'not', term: this.one() }
      case 'open':
        return this.group(token)
      case 'word':
        if (isKeyword(token, 'not')) return { kind: 'not', term: this.one() }
        if (isKeyword(token, 'and') || isKeyword(token, 'or'))
          this.fail(token, `${token.text} stands between two terms; as a name it is written "${token.text}"`)
        return this.wordOrTest(token)
      case 'broken':
        return this.fail(token, 'this quote has no end')
      case 'operator':
        return this.fail(token, 'a field such as p95 is expected before this')
      case 'close':
        return this.fail(token, 'a term is expected before this')
    }
  }

  private group(open: Token): Expression {
    const expression = this.either()
    if (this.tokens[this.at]?.kind !== 'close') this.fail(open, 'this is not closed: ) is missing')
    this.at += 1
    return expression
  }

  private wordOrTest(word: Token & { kind: 'word' }): Expression {
    const token = this.tokens[this.at]
    if (token?.kind !== 'operator') return { kind: 'word', text: word.text }
    const field = word.isQuoted ? undefined : FIELDS.get(word.text.toLowerCase())
    if (field === undefined)
      return this.fail(word, `there is no field ${word.text}; there are ${ownFields()}, and in.… and out.…`)
    this.at += 1
    const { name, type } = field
    const { operator } = token
    const known = operatorsOf(type)
    if (!known.includes(operator)) this.fail(token, `${name} is compared by ${known.join(' ')}`)
    return { kind: 'test', field, operator, value: this.value(type, operator) }
  }

  private value(type: FieldType, operator: Operator): Value {
    const token = this.tokens[this.at]
    const expected = expectedValue(type, operator)
    if (token === undefined) return this.failAtEnd(`${expected} is expected here`)
    if (token.kind === 'broken') this.fail(token, 'this quote has no end')
    if (token.kind !== 'word') return this.fail(token, `${expected} is expected here`)
    this.at += 1
    const value = readValue(token.text, type, operator)
    return value ?? this.fail(token, `${expected} is expected here`)
  }

  private takeKeyword(keyword: Keyword): boolean {
    const token = this.tokens[this.at]
    if (token === undefined || !isKeyword(token, keyword)) return false
    this.at += 1
    return true
  }

  private fail({ start, end }: Place, message: string): never {
    throw new MistakeError({ start, end, message })
  }

  private failAtEnd(message: string): never {
    throw new MistakeError({ start: this.length, end: this.length, message })
  }
}

type Keyword = 'and' | 'or' | 'not'

function isKeyword(token: Token, keyword: Keyword): boolean {
  return token.kind === 'word' && !token.isQuoted && token.text.toLowerCase() === keyword
}

function joined(kind: 'and' | 'or', terms: Expression[]): Expression {
  const [first, ...others] = terms
  return first !== undefined && others.length === 0 ? first : { kind, terms }
}

function ownFields(): string {
  const own = [...FIELDS.values()].filter(({ side }) => side === null)
  return own.map(({ name }) => name).join(', ')
}

function expectedValue(type: FieldType, operator: Operator): string {
  if (operator === '~' || operator === '!~') return 'a regular expression'
  switch (type.kind) {
    case 'text':
      return 'a text'
    case 'word':
      return `one of ${type.words.join(', ')}`
    case 'number':
      return UNIT_WORDS[type.unit]
    case 'mtls':
      return isEquality(operator) ? `one of ${MTLS.join(', ')}` : 'a share such as 90%'
  }
}

const isEquality = (operator: Operator) => operator === '=' || operator === '!='

function readValue(text: string, type: FieldType, operator: Operator): Value | null {
  if (type.kind === 'number') return numeric(numberOf(text, type.unit))
  if (operator === '~' || operator === '!~') return patternOf(text)
  if (type.kind === 'mtls' && !isEquality(operator)) return numeric(numberOf(text, 'share'))
  const lower = text.toLowerCase()
  const words: readonly string[] | null =
    type.kind === 'word' ? type.words : type.kind === 'mtls' ? MTLS : null
  return words !== null && isEquality(operator) && !words.includes(lower)
    ? null
    : { kind: 'text', text: lower }
}

const numeric = (number: number | null): Value | null => (number === null ? null : { kind: 'number', number })

function patternOf(text: string): Value | null {
  try {
    return { kind: 'pattern', pattern: new RegExp(text, 'i'), text }
  } catch {
    return null
  }
}
