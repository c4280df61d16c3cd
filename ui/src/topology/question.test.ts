import { expect, test } from 'vitest'
import { parseSearch, stringifySearch } from '../app/search.ts'
import { pictureKey, questionOf, selectedIn, topologySearch } from './question.ts'

test('a search survives the way through the URL', () => {
  const searches = [
    {},
    { by: 'namespace', range: '1h', view: 'table', table: 'edges', sort: '-rate', find: 'cart' },
    { group: 'off', label: 'p95' },
    { group: 'ns', folded: 'payments,shop', label: 'off' },
    { namespace: 'shop', focus: 'shop/web', depth: 3, node: 'shop/web', cam: '120,-40,0.8' },
    {
      edge: 'shop/web>database:postgresql/orders?&#',
      start: '2026-11-24T10:00:00.000Z',
      end: '2026-11-24T12:00:00.000Z',
    },
  ] as const
  for (const search of searches) expect(topologySearch(parseSearch(stringifySearch(search)))).toEqual(search)
})

test('defaults leave the URL clean', () => {
  expect(topologySearch({ by: 'service', range: '5m', depth: '1', focus: 'a', view: 'graph' })).toEqual({
    focus: 'a',
  })
})

test('what cannot be shown is left out', () => {
  const wrong = {
    by: 'colour',
    depth: '3',
    view: 'cake',
    cam: '1,2',
    sort: ' ',
    range: 'ever',
    table: 'x',
    group: 'x',
    folded: ',,',
    label: 'auto',
  }
  expect(topologySearch(wrong)).toEqual({})
  for (const cam of ['a,b,c', '1,2,0', '1,2,3,4', '1,2,-1', 'Infinity,0,1'])
    expect(topologySearch({ cam })).toEqual({})
})

test('one thing is selected at a time', () => {
  expect(selectedIn(topologySearch({ node: 'a', edge: 'b' }))).toEqual({ kind: 'node', id: 'a' })
  expect(selectedIn(topologySearch({ edge: 'b' }))).toEqual({ kind: 'edge', id: 'b' })
  expect(selectedIn({})).toBeNull()
})

test('the picture stays while times change, and another is laid out for other nodes', () => {
  const key = (search: object) => JSON.stringify(pictureKey(questionOf(search)))
  expect(key({ range: '1h' })).toBe(key({}))
  expect(
    new Set([{}, { by: 'namespace' }, { namespace: 'a' }, { focus: 'a' }, { focus: 'a', depth: 2 }].map(key))
      .size,
  ).toBe(5)
})
