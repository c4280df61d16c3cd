import { expect, test } from 'vitest'
import { defined, parseSearch, stringifySearch, tenantOf, textOf, wholeOf } from './search.ts'

test('every text survives the way through the URL', () => {
  const texts = [
    'plain',
    '1234567890123456',
    'true',
    'null',
    '007',
    'a b',
    'a+b',
    'ü&=?#/%',
    '"quoted"',
    'a,b:c',
    '{"x":1}',
  ]
  for (const text of texts)
    expect(parseSearch(stringifySearch({ service: text })), text).toEqual({ service: text })
})

test('what says nothing is not written', () => {
  expect(stringifySearch({ a: undefined, b: null, c: '' })).toBe('')
  expect(stringifySearch({ service: 'cart', at: '10:00', fold: 'a,b' })).toBe(
    '?service=cart&at=10:00&fold=a,b',
  )
})

test('the first of several values counts', () => {
  expect(parseSearch('?a=1&a=2&b=')).toEqual({ a: '1', b: '' })
})

test('only what can be meant is read', () => {
  expect([textOf(' x '), textOf(' '), textOf(7), textOf(undefined)]).toEqual([
    'x',
    undefined,
    undefined,
    undefined,
  ])
  expect([wholeOf('5', 1, 9), wholeOf(5, 1, 9)]).toEqual([5, 5])
  for (const value of ['0', '10', '1e1', '-3', '2.5', 'x', '', undefined, 2.5, Number.NaN]) {
    expect(wholeOf(value, 1, 9), String(value)).toBeUndefined()
  }
})

test('a tenant is named as the server lets it be named', () => {
  const longest = 'a'.repeat(64)
  expect(['shop', 'A_b-9', longest].map(tenantOf)).toEqual(['shop', 'A_b-9', longest])
  for (const name of ['', 'a b', 'ü', 'a/b', '..', 'a\nb', `${longest}a`, 7]) {
    expect(tenantOf(name), String(name)).toBeUndefined()
  }
})

test('fields without a value are gone', () => {
  expect(Object.keys(defined({ a: 1, b: undefined }))).toEqual(['a'])
})
