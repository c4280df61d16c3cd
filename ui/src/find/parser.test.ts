import { expect, test } from 'vitest'
import { randomOf } from '../test/random.ts'
import { written } from './complete.ts'
import type { Expression } from './parser.ts'
import { parse } from './parser.ts'

/** An expression with all its parentheses, to see what binds what. */
function print(expression: Expression): string {
  switch (expression.kind) {
    case 'and':
    case 'or':
      return `(${expression.terms.map(print).join(` ${expression.kind} `)})`
    case 'not':
      return `not ${print(expression.term)}`
    case 'word':
      return written(expression.text)
    case 'test': {
      const { field, operator, value } = expression
      const shown = value.kind === 'number' ? shownNumber(field.type, value.number) : written(value.text)
      return `${field.name} ${operator} ${shown}`
    }
  }
}

function shownNumber(type: { kind: string; unit?: string }, value: number): string {
  if (type.unit === 'duration') return `${value}ms`
  return type.unit === 'share' || type.kind === 'mtls' ? `${value * 100}%` : String(value)
}

function read(text: string): string {
  const parsed = parse(text)
  if (parsed === undefined) return ''
  return 'expression' in parsed ? print(parsed.expression) : `! ${parsed.mistake.message}`
}

test.each([
  ['cart', 'cart'],
  ['p95 > 500ms', 'p95 > 500ms'],
  ['P95>0.5s', 'p95 > 500ms'],
  ['err > 5', 'err > 5%'],
  ['a and b or c and d', '((a and b) or (c and d))'],
  ['a or b and c', '(a or (b and c))'],
  ['a b or c', '((a and b) or c)'],
  ['a and (b or c)', '(a and (b or c))'],
  ['not a and b', '(not a and b)'],
  ['not (a or b)', 'not (a or b)'],
  ['!a', 'not a'],
  ['! kind = database', 'not kind = database'],
  ['ns = shop cart', '(ns = shop and cart)'],
  ['name ^= "a b" or "or"', '(name ^= "a b" or "or")'],
  ['name ~ ^cart-[0-9]+$', 'name ~ ^cart-[0-9]+$'],
  ['rps > 1k/s and rps < 30/min', '(rps > 1000 and rps < 0.5)'],
  ['in.name = web', 'in.name = web'],
  ['mtls != FULL or mtls < 90%', '(mtls != full or mtls < 90%)'],
  ['name = "it\\"s"', 'name = "it\\"s"'],
  ['shop/cart-v2', 'shop/cart-v2'],
  ['  ', ''],
])('%s', (text, meaning) => {
  expect(read(text)).toBe(meaning)
})

test.each([
  ['p95 >', 5, 5, 'a duration such as 500ms or 1.5s is expected here'],
  ['p95 > fast', 6, 10, 'a duration such as 500ms or 1.5s is expected here'],
  ['p95 > 5%', 6, 8, 'a duration such as 500ms or 1.5s is expected here'],
  ['p95 ~ 5', 4, 5, 'p95 is compared by = != > >= < <='],
  ['kind > database', 5, 6, 'kind is compared by = != ~ !~ ^= $= *='],
  ['kind = databse', 7, 14, 'one of service, gateway, database, queue, external is expected here'],
  ['mtls = true', 7, 11, 'one of full, partial, none, unknown is expected here'],
  ['mtls > full', 7, 11, 'a share such as 90% is expected here'],
  ['name ~ "("', 7, 10, 'a regular expression is expected here'],
  ['cart and', 8, 8, 'a field such as p95, a name, or ( is expected here'],
  ['and cart', 0, 3, 'and stands between two terms; as a name it is written "and"'],
  ['(cart', 0, 1, 'this is not closed: ) is missing'],
  ['cart)', 4, 5, 'this closes nothing: there is no ( before it'],
  ['()', 1, 2, 'a term is expected before this'],
  ['cart "shop', 5, 10, 'this quote has no end'],
  ['= cart', 0, 1, 'a field such as p95 is expected before this'],
])('%s is a mistake at %i to %i', (text, start, end, message) => {
  expect(parse(text)).toEqual({ mistake: { start, end, message } })
})

test('an unknown field is named, with those that there are', () => {
  const parsed = parse('app = cart')
  expect(parsed).toMatchObject({ mistake: { start: 0, end: 3 } })
  expect(read('app = cart')).toMatch(/^! there is no field app; there are name, ns, cluster, .*degree/)
})

test('nesting has a bound', () => {
  expect(read(`${'('.repeat(1000)}a${')'.repeat(1000)}`)).toBe('! this is nested too deeply')
  expect(read(`${'('.repeat(40)}a${')'.repeat(40)}`)).toBe('a')
})

test('what is printed reads as the same', () => {
  const random = randomOf(4)
  const pick = (texts: readonly string[]) => texts[Math.floor(random() * texts.length)] ?? ''
  const atoms = ['cart', '"a or b"', 'p95 > 20ms', 'err <= 3%', 'ns != shop', 'in.degree = 0', 'mtls = none']
  const make = (depth: number): string => {
    if (depth === 0 || random() < 0.2) return pick(atoms)
    if (random() < 0.2) return `not (${make(depth - 1)})`
    return `(${make(depth - 1)} ${pick(['and', 'or', ''])} ${make(depth - 1)})`
  }
  for (let i = 0; i < 300; i += 1) {
    const printed = read(make(4))
    expect(printed).not.toMatch(/^!/)
    expect(read(printed)).toBe(printed)
  }
})

test('no text is too odd: it is read, or its mistake lies within it', () => {
  const random = randomOf(11)
  const parts = [
    'p95',
    '>',
    '500ms',
    '(',
    ')',
    'and',
    'or',
    'not',
    '!',
    '"',
    "'",
    '~',
    '=',
    ' ',
    '\\',
    'é',
    '5%',
    '^=',
  ]
  for (let i = 0; i < 2000; i += 1) {
    const text = Array.from(
      { length: 1 + Math.floor(random() * 9) },
      () => parts[Math.floor(random() * parts.length)],
    ).join('')
    const parsed = parse(text)
    if (parsed === undefined || 'expression' in parsed) continue
    const { start, end } = parsed.mistake
    expect(0 <= start && start <= end && end <= text.length, text).toBe(true)
  }
})
