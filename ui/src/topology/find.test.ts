import { expect, test } from 'vitest'
import { edge, graph, node } from '../test/graph.ts'
import { filterCount, filtered, mistakeIn } from './find.ts'

const CHAIN = graph(
  [node('a/web'), node('a/cart', { error_rate: 0.2 }), node('b/pay', { health: 'idle' })],
  [edge('a/web', 'a/cart', { error_rate: 0.2 }), edge('a/cart', 'b/pay')],
)
const ids = (items: readonly { id: string }[]) => items.map(({ id }) => id)

test('a hidden node takes its edges with it, a hidden edge leaves its nodes', () => {
  const { shown } = filtered(CHAIN, { hide: 'pay' })
  expect([ids(shown.nodes), ids(shown.edges)]).toEqual([['a/web', 'a/cart'], ['a/web>a/cart']])
  const calm = filtered(CHAIN, { hide: 'protocol = http and degree > 9 or err < 1% and not name ^= a' })
  expect(ids(calm.shown.nodes)).toEqual(['a/web', 'a/cart'])
})

test('what is hidden is not found', () => {
  const { found } = filtered(CHAIN, { find: 'err > 1% or pay', hide: 'pay' })
  expect([[...(found?.nodes ?? [])], [...(found?.edges ?? [])]]).toEqual([['a/cart'], ['a/web>a/cart']])
})

test('what is asked of a node counts all its calls, hidden ones too', () => {
  const { found } = filtered(CHAIN, { find: 'degree = 2', hide: 'pay' })
  expect([...(found?.nodes ?? [])]).toEqual(['a/cart'])
})

test('a mistake neither finds nor hides', () => {
  const { shown, found } = filtered(CHAIN, { find: 'p95 >', hide: 'kind = x' })
  expect([shown, found]).toEqual([CHAIN, null])
  expect(mistakeIn('p95 >')?.start).toBe(5)
  expect([mistakeIn('p95 > 1s'), mistakeIn('')]).toEqual([null, null])
})

test('without an expression the graph is the same object, so that nothing is drawn anew', () => {
  expect(filtered(CHAIN, {}).shown).toBe(CHAIN)
})

test('each alternative is a filter', () => {
  const counts = [undefined, 'a', 'a and b', 'a or b', 'a or (b or c)', 'a or'].map(filterCount)
  expect(counts).toEqual([0, 1, 1, 2, 2, 0])
})
