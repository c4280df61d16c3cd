import { expect, test } from 'vitest'
import { complete, written } from './complete.ts'
import { parse } from './parser.ts'

const KNOWN = { names: ['cart', 'payments', 'or'], namespaces: ['shop', 'bank'], clusters: ['east'] }

/** The first choices where `|` is. */
function choices(text: string, count = 4): string[] {
  const caret = text.indexOf('|')
  const { choices } = complete(text.replace('|', ''), caret, KNOWN)
  return choices.slice(0, count).map(choice => choice.text)
}

test.each([
  ['|', ['name', 'ns', 'cluster', 'kind']],
  ['p|', ['protocol', 'p50', 'p95', 'p99']],
  ['ca|', ['cart']],
  ['p95 |', ['=', '!=', '>', '>=']],
  ['kind |', ['=', '!=', '~', '!~']],
  ['p95 > |', ['100ms', '500ms', '1s']],
  ['err > |', ['1%', '5%', '10%']],
  ['kind = d|', ['database']],
  ['mtls != |', ['full', 'partial', 'none', 'unknown']],
  ['mtls < |', ['1%', '5%', '10%']],
  ['ns = |', ['shop', 'bank']],
  ['in.ns = b|', ['bank']],
  ['cluster = |', ['east']],
  ['name = o|', ['"or"']],
  ['p95 > 1s |', ['and', 'or', 'name', 'ns']],
  ['cart a|', ['and', 'name', 'health', 'cart']],
  ['(cart) |', ['and', 'or', 'name', 'ns']],
  ['not |', ['name', 'ns', 'cluster', 'kind']],
  ['out.e|', ['out.err']],
  ['"unfinished |', []],
  ['kind = database|', []],
])('%s', (text, expected) => {
  expect(choices(text, expected.length || 99)).toEqual(expected)
})

test('only the word before the caret is replaced', () => {
  expect(complete('ca and shop', 2, KNOWN)).toMatchObject({ start: 0, end: 2 })
  expect(complete('ns = sh', 7, KNOWN)).toMatchObject({ start: 5, end: 7 })
  expect(complete('ns = ', 5, KNOWN)).toMatchObject({ start: 5, end: 5 })
})

test('every written name is read as that name', () => {
  for (const name of [
    'cart',
    'a b',
    'or',
    'NOT',
    'it"s',
    'back\\slash',
    'a=b',
    'x(y)',
    "o'clock",
    '!x',
    'a^=b',
  ]) {
    expect(parse(written(name)), name).toEqual({ expression: { kind: 'word', text: name } })
    expect(parse(`name = ${written(name)}`), name).toMatchObject({
      expression: { value: { kind: 'text', text: name.toLowerCase() } },
    })
  }
})
