import { expect, test } from 'vitest'
import { type Command, found, readRecent, traceIdIn, withRecent } from './command.ts'

const command = (title: string, group = 'Pages', words = ''): Command => ({
  id: title,
  title,
  group,
  words,
  run: () => {},
})
const COMMANDS = [
  command('Topology'),
  command('Traces'),
  command('cart', 'Services', 'shop'),
  command('Dark', 'Theme'),
]
const titles = (query: string, recent: string[] = []) =>
  found(query, COMMANDS, recent).map(({ command }) => command.title)

test('without a question all are there, and those used lately come first', () => {
  expect(titles('')).toEqual(['Topology', 'Traces', 'cart', 'Dark'])
  expect(titles('', ['Dark', 'cart'])).toEqual(['Dark', 'cart', 'Topology', 'Traces'])
})

test('use of late decides between equals, and not against what is typed', () => {
  expect(titles('t')[0]).toBe('Traces')
  expect(titles('t', ['Topology'])[0]).toBe('Topology')
  expect(titles('traces', ['Topology'])[0]).toBe('Traces')
})

test('group and words count too, after titles', () => {
  expect(titles('theme')).toEqual(['Dark'])
  expect(titles('shop cart')).toEqual(['cart'])
  expect(found('theme', COMMANDS, [])[0]?.ranges).toEqual([])
})

test('the latest is the first, each is kept once, and few are', () => {
  expect(withRecent(['a', 'b'], 'b')).toEqual(['b', 'a'])
  expect(withRecent(['1', '2', '3', '4', '5', '6', '7', '8'], '9')).toHaveLength(8)
  expect([readRecent('["a",1]'), readRecent('{'), readRecent(null), readRecent('{"a":1}')]).toEqual([
    ['a'],
    [],
    [],
    [],
  ])
})

test.each([
  ['0af7651916cd43dd8448eb211c80319c', '0af7651916cd43dd8448eb211c80319c'],
  [' 0AF76519-16cd-43dd-8448-eb211c80319c ', '0af7651916cd43dd8448eb211c80319c'],
  ['8448eb211c80319c', '8448eb211c80319c'],
  ['http://host:4300/traces/0af7?span=12', '0af7'],
  ['/traces/0af7651916cd43dd8448eb211c80319c', '0af7651916cd43dd8448eb211c80319c'],
  ['cart', null],
  ['0af7', null],
  ['feed', null],
])('the trace in %s is %s', (text, id) => {
  expect(traceIdIn(text)).toBe(id)
})
