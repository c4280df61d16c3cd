// What may come next where somebody types an expression: fields and names, operators, values, and what joins terms.

import { EXAMPLES, FIELDS, type FieldType, MTLS, type Operator, operatorsOf } from './fields.ts'
import { lex, type Token } from './lexer.ts'

/** What is known of the mesh, to choose from. */
export interface Known {
  names: readonly string[]
  namespaces: readonly string[]
  clusters: readonly string[]
}

export interface Completion {
  /** What stands in place of what was typed. */
  text: string
  /** What it means. */
  words: string
}

export interface Completions {
  /** The part of the text that a choice replaces. */
  start: number
  end: number
  choices: readonly Completion[]
}

const CHOICES_MAX = 12

const OPERATOR_WORDS: Record<Operator, string> = {
  '=': 'is',
  '!=': 'is not',
  '>': 'more than',
  '>=': 'at least',
  '<': 'less than',
  '<=': 'at most',
  '~': 'fits a regular expression',
  '!~': 'fits no regular expression',
  '^=': 'begins with',
  '$=': 'ends with',
  '*=': 'contains',
}

export function complete(text: string, caret: number, known: Known): Completions {
  const before = lex(text.slice(0, caret))
  const last = before.at(-1)
  // A word that the caret touches is still being typed.
  const isTyping = last?.kind === 'word' && !last.isQuoted && last.end === caret
  const typed = isTyping ? last.text.toLowerCase() : ''
  const settled = isTyping ? before.slice(0, -1) : before
  if (last?.kind === 'broken') return { start: caret, end: caret, choices: [] }
  const choices = choicesAfter(settled, known)
  return {
    start: isTyping ? last.start : caret,
    end: caret,
    choices: fitting(choices, typed).slice(0, CHOICES_MAX),
  }
}

function choicesAfter(tokens: readonly Token[], known: Known): Completion[] {
  const [field, operator] = tokens.slice(-2)
  if (operator?.kind === 'operator' && field?.kind === 'word') {
    return valuesOf(
      FIELDS.get(field.text.toLowerCase())?.type,
      field.text.toLowerCase(),
      operator.operator,
      known,
    )
  }
  const last = tokens.at(-1)
  if (last?.kind === 'word' && !last.isQuoted && !isOperand(tokens)) {
    const found = FIELDS.get(last.text.toLowerCase())
    if (found !== undefined)
      return operatorsOf(found.type).map(text => ({ text, words: OPERATOR_WORDS[text] }))
  }
  return isAfterTerm(last) ? [...JOINTS, ...terms(known)] : terms(known)
}

/** Whether the last word is the value of a test. */
function isOperand(tokens: readonly Token[]): boolean {
  return tokens.at(-2)?.kind === 'operator'
}

function isAfterTerm(last: Token | undefined): boolean {
  if (last?.kind === 'close') return true
  return last?.kind === 'word' && (last.isQuoted || !['and', 'or', 'not'].includes(last.text.toLowerCase()))
}

const JOINTS: readonly Completion[] = [
  { text: 'and', words: 'both' },
  { text: 'or', words: 'one of them' },
]

function terms({ names }: Known): Completion[] {
  const own = [...FIELDS.values()].filter(({ side }) => side === null)
  const sides = [...FIELDS.values()].filter(({ side }) => side !== null)
  return [
    ...own.map(({ name, words }) => ({ text: name, words })),
    { text: 'not', words: 'the opposite' },
    ...names.map(name => ({ text: written(name), words: 'a name' })),
    ...sides.map(({ name, words }) => ({ text: name, words })),
  ]
}

function valuesOf(type: FieldType | undefined, name: string, operator: Operator, known: Known): Completion[] {
  switch (type?.kind) {
    case undefined:
      return []
    case 'number':
      return EXAMPLES[type.unit].map(text => ({ text, words: 'for example' }))
    case 'mtls':
      return operator === '=' || operator === '!='
        ? MTLS.map(text => ({ text, words: MTLS_WORDS[text] }))
        : EXAMPLES.share.map(text => ({ text, words: 'for example' }))
    case 'word':
      return type.words.map(text => ({ text, words: '' }))
    case 'text':
      return textsOf(name, known).map(text => ({ text: written(text), words: '' }))
  }
}

const MTLS_WORDS: Record<(typeof MTLS)[number], string> = {
  full: 'all calls are encrypted',
  partial: 'some are',
  none: 'none are',
  unknown: 'nobody told',
}

function textsOf(field: string, { names, namespaces, clusters }: Known): readonly string[] {
  if (field.endsWith('ns')) return namespaces
  return field.endsWith('cluster') ? clusters : names
}

/** Those that begin with what was typed, then those that hold it. */
function fitting(choices: readonly Completion[], typed: string): Completion[] {
  const begins = choices.filter(({ text }) => text.toLowerCase().startsWith(typed))
  if (typed === '') return begins
  const holds = choices.filter(({ text }) => text.toLowerCase().indexOf(typed) > 0)
  const all = [...begins, ...holds]
  // What is typed to its end needs no list.
  return all.length === 1 && all[0]?.text.toLowerCase() === typed ? [] : all
}

/** As an expression has it: quoted where it would be read as something else. */
export function written(text: string): string {
  const isPlain = /^[^\s()"'=!<>~]+$/.test(text) && !/[\^$*]=/.test(text)
  const isReserved = ['and', 'or', 'not'].includes(text.toLowerCase())
  return isPlain && !isReserved ? text : `"${text.replaceAll(/["\\]/g, '\\$&')}"`
}
