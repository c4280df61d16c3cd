// As much of TraceQL as the UI's tests and its development need: filters, what joins them, and counts. What it does not
// know is refused, as the server refuses what is wrong: with the place where it stands.

import type { SchemaPosition } from '../src/api/schema.d.ts'
import { attributeName, unquoted } from '../src/traces/traceql/quote.ts'
import { isClosed, isComparison, type Token, tokensOf } from '../src/traces/traceql/tokens.ts'
import { intrinsicOf, isValueWord } from '../src/traces/traceql/words.ts'

export type Value = string | number | boolean | null

/** A value or a truth of one span. */
export type Field =
  | { kind: 'literal'; value: Value; isDuration: boolean }
  | { kind: 'attribute'; scope: string; name: string }
  | { kind: 'intrinsic'; name: string }
  | { kind: 'not'; of: Field }
  | { kind: 'binary'; op: string; left: Field; right: Field }

export type Stage =
  | { kind: 'filter'; condition: Field | null }
  | { kind: 'joined'; op: string; left: Stage; right: Stage }
  | { kind: 'count'; op: string; value: number }

/** Stages that follow one another. */
export type Query = Stage[]

export class Invalid extends Error {
  readonly position: SchemaPosition

  constructor(message: string, position: SchemaPosition) {
    super(message)
    this.position = position
  }
}

const STRUCTURAL = ['>', '>>', '<', '<<', '~']
const FIELD = 'an attribute, an intrinsic, a value, `!`, `-` or `(`'
const UNIT_NS: Record<string, number> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 6e10,
  h: 3.6e12,
  d: 8.64e13,
}

export function parseQuery(text: string): Query {
  return new Parser(text).query()
}

/** A filter alone, or a field. */
export function parseField(text: string): Field {
  const [stage] = parseQuery(`{ ${text} }`)
  if (stage?.kind !== 'filter' || stage.condition === null)
    throw new Invalid(`no field: ${text}`, { line: 1, column: 1 })
  return stage.condition
}

class Parser {
  private readonly tokens: Token[]
  private readonly text: string
  private next = 0

  constructor(text: string) {
    this.text = text
    this.tokens = tokensOf(text)
  }

  query(): Query {
    const stages = [this.stage()]
    while (this.take('|')) stages.push(this.stage())
    if (this.token !== undefined) throw this.unexpected('an operator, `|` or the end')
    return stages
  }

  private get token(): Token | undefined {
    return this.tokens[this.next]
  }

  private take(text: string): boolean {
    const isNext = this.token?.text === text
    if (isNext) this.next += 1
    return isNext
  }

  private expect(text: string): void {
    if (!this.take(text)) throw this.unexpected(`\`${text}\``)
  }

  private unexpected(expected: string): Invalid {
    return this.invalid(
      `unexpected ${this.token === undefined ? 'the end' : `\`${this.token.text}\``}, expected ${expected}`,
    )
  }

  private invalid(message: string): Invalid {
    const before = this.text.slice(0, this.token?.from ?? this.text.length)
    const lines = before.split('\n')
    return new Invalid(message, { line: lines.length, column: [...(lines.at(-1) ?? '')].length + 1 })
  }

  /** `&&` and `||` have one precedence; structural operators bind closer. */
  private stage(): Stage {
    let left = this.related()
    for (;;) {
      const op = ['&&', '||'].find(op => this.take(op))
      if (op === undefined) return left
      left = { kind: 'joined', op, left, right: this.related() }
    }
  }

  private related(): Stage {
    let left = this.operand()
    for (;;) {
      const op = STRUCTURAL.find(op => this.take(op))
      if (op === undefined) return left
      left = { kind: 'joined', op, left, right: this.operand() }
    }
  }

  private operand(): Stage {
    if (this.take('(')) {
      const stage = this.stage()
      this.expect(')')
      return stage
    }
    if (this.take('count')) return this.count()
    if (!this.take('{')) throw this.unexpected('`{`, `(`, a number or a function')
    if (this.take('}')) return { kind: 'filter', condition: null }
    const condition = this.logic()
    if (!this.take('}')) throw this.unexpected('an operator or `}`')
    return { kind: 'filter', condition }
  }

  private count(): Stage {
    this.expect('(')
    this.expect(')')
    const op = this.token?.text ?? ''
    if (!isComparison(op)) throw this.unexpected('a comparison')
    this.next += 1
    const value = Number(this.token?.text)
    if (Number.isNaN(value)) throw this.unexpected('a number')
    this.next += 1
    return { kind: 'count', op, value }
  }

  private logic(): Field {
    let left = this.comparison()
    for (;;) {
      const op = ['&&', '||'].find(op => this.take(op))
      if (op === undefined) return left
      left = { kind: 'binary', op, left, right: this.comparison() }
    }
  }

  private comparison(): Field {
    if (this.take('!')) return { kind: 'not', of: this.comparison() }
    const left = this.field()
    const op = this.token?.text ?? ''
    if (!isComparison(op)) return left
    this.next += 1
    return { kind: 'binary', op, left, right: this.field() }
  }

  private field(): Field {
    if (this.take('(')) {
      const inner = this.logic()
      if (!this.take(')')) throw this.unexpected('an operator or `)`')
      return inner
    }
    if (this.take('-')) {
      const field = this.field()
      const value = field.kind === 'literal' && typeof field.value === 'number' ? -field.value : null
      return { kind: 'literal', value, isDuration: false }
    }
    const token = this.token
    const field = token === undefined ? null : this.read(token)
    if (field === null) throw this.unexpected(FIELD)
    this.next += 1
    return field
  }

  private read({ kind, text }: Token): Field | null {
    switch (kind) {
      case 'string':
        if (!isClosed(text)) throw this.invalid('a string has no end, expected `"`')
        return { kind: 'literal', value: unquoted(text), isDuration: false }
      case 'number':
        return this.number(text)
      case 'attribute': {
        const { scope, name } = attributeName(text)
        return { kind: 'attribute', scope, name }
      }
      case 'word': {
        const intrinsic = intrinsicOf(text)
        if (intrinsic !== undefined) return { kind: 'intrinsic', name: intrinsic.name }
        if (!isValueWord(text)) return null
        const value = text === 'nil' ? null : text === 'true' || text === 'false' ? text === 'true' : text
        return { kind: 'literal', value, isDuration: false }
      }
      default:
        return null
    }
  }

  private number(text: string): Field {
    if (/^[\d.]+(e[+-]?\d+)?$/i.test(text)) return { kind: 'literal', value: Number(text), isDuration: false }
    const parts = [...text.matchAll(/([\d.]+)(ns|us|µs|ms|[smhd])/g)]
    if (parts.map(([part]) => part).join('') !== text)
      throw this.invalid('expected a unit of time: ns, us, ms, s, m, h, d, w, y')
    const ns = parts.reduce((sum, [, size, unit]) => sum + Number(size) * (UNIT_NS[unit ?? ''] ?? 0), 0)
    return { kind: 'literal', value: ns, isDuration: true }
  }
}
