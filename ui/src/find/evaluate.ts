// Whether an expression is true of a node or an edge. Three answers, not two: what nobody knows is neither more nor less
// than a number, and not the opposite either, so that `mtls != full` never accuses a call of which nobody told.

import type { SchemaGraph } from '../api/schema.d.ts'
import type { Field, Operator } from './fields.ts'
import type { Expression, Value } from './parser.ts'
import { type Held, type Subject, subjectsOf } from './subject.ts'

/** Null: not known. */
export type Truth = boolean | null

export interface Matches {
  nodes: ReadonlySet<string>
  edges: ReadonlySet<string>
}

export function matchesIn(graph: SchemaGraph, expression: Expression): Matches {
  const { nodes, edges } = subjectsOf(graph)
  const idsOf = (subjects: readonly Subject[]) =>
    new Set(subjects.filter(subject => truthOf(expression, subject) === true).map(({ id }) => id))
  return { nodes: idsOf(nodes), edges: idsOf(edges) }
}

export function truthOf(expression: Expression, subject: Subject): Truth {
  switch (expression.kind) {
    case 'and':
      return allOf(expression.terms.map(term => truthOf(term, subject)))
    case 'or':
      return not(allOf(expression.terms.map(term => not(truthOf(term, subject)))))
    case 'not':
      return not(truthOf(expression.term, subject))
    case 'word':
      return isHeld(subject.get('name', null) ?? null, text => text.includes(expression.text.toLowerCase()))
    case 'test':
      return tested(expression, subject)
  }
}

function tested({ field, operator, value }: Extract<Expression, { kind: 'test' }>, subject: Subject): Truth {
  const held = subject.get(field.own, field.side)
  if (held === undefined) return null
  if (operator === '!=') return not(compare(field, held, '=', value))
  if (operator === '!~') return not(compare(field, held, '~', value))
  return compare(field, held, operator, value)
}

const not = (truth: Truth): Truth => (truth === null ? null : !truth)

/** One that is false decides, whatever is not known. */
function allOf(truths: readonly Truth[]): Truth {
  if (truths.includes(false)) return false
  return truths.includes(null) ? null : true
}

function compare({ own }: Field, held: Held, operator: Operator, value: Value): Truth {
  if (value.kind === 'number') return typeof held === 'number' ? ordered(held, operator, value.number) : null
  if (value.kind === 'pattern') return isHeld(held, text => value.pattern.test(text))
  if (own === 'mtls' && !isTexts(held)) return isEncrypted(held, value.text)
  return isHeld(held, text => textFits(text, operator, value.text))
}

function ordered(left: number, operator: Operator, right: number): boolean {
  switch (operator) {
    case '>':
      return left > right
    case '>=':
      return left >= right
    case '<':
      return left < right
    case '<=':
      return left <= right
    default:
      return left === right
  }
}

function isEncrypted(share: number | null, word: string): Truth {
  if (word === 'unknown') return share === null
  if (share === null) return null
  return word === (share >= 1 ? 'full' : share > 0 ? 'partial' : 'none')
}

/** Of several texts one is enough. Upper and lower case are the same. */
function isHeld(held: Held, fits: (text: string) => boolean): Truth {
  return isTexts(held) ? held.some(text => fits(text.toLowerCase())) : null
}

const isTexts = (held: Held): held is readonly string[] => held !== null && typeof held !== 'number'

function textFits(text: string, operator: Operator, value: string): boolean {
  switch (operator) {
    case '^=':
      return text.startsWith(value)
    case '$=':
      return text.endsWith(value)
    case '*=':
      return text.includes(value)
    default:
      return text === value
  }
}
