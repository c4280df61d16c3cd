import { expect, test } from 'vitest'
import { edge, graph, node, observer } from '../test/graph.ts'
import { EDGE_COLUMNS, NODE_COLUMNS, orderOf, pressed, sorted, sortSearch } from './columns.ts'
import { disagreement, disagreements, retriesOf } from './disagreement.ts'
import { nameOf } from './names.ts'
import { firstNews, newsAfter } from './news.ts'
import { nodeWords } from './node-words.ts'
import { healthCounts, nextTrouble, worstFirst, worstOf } from './worst.ts'

test('observers disagree where the difference is more than the edges of the range', () => {
  expect(disagreement(100, 100)).toBeNull()
  expect(disagreement(99, 100)).toBeNull()
  expect(disagreement(1010, 1000)).toBeNull()
  expect(disagreement(80, 100)).toBeCloseTo(-0.2)
  expect(disagreement(120, 100)).toBeCloseTo(0.2)
  expect(disagreement(5, 0)).toBe(Number.POSITIVE_INFINITY)
  expect(disagreement(null, 100)).toBeNull()
  expect(disagreement(100, null)).toBeNull()
})

test('only observers other than the chosen one disagree with it, in requests or in errors', () => {
  const observers = [
    observer('source_proxy', { errors: 10 }),
    observer('target_proxy', { errors: 10 }),
    observer('target_app', { requests: 70, errors: 2 }),
    observer('source_proxy', { evidence: 'metric', requests: null, errors: null }),
  ]
  const found = disagreements(edge('a', 'b', { observers }))
  expect(found.map(({ observer: { observer }, requests, errors }) => [observer, requests, errors])).toEqual([
    ['target_app', -0.3, -0.8],
  ])
  expect(disagreements(edge('a', 'b', { observer: 'waypoint', observers }))).toEqual([])
})

test('the target sees every try: only what retries do not explain is a disagreement', () => {
  const seen = (requests: number, errors: number) =>
    disagreements(
      edge('a', 'b', {
        attempts: 160,
        errors: 20,
        observers: [
          observer('source_proxy', { attempts: 160, errors: 20 }),
          observer('target_proxy', { requests, errors }),
          observer('source_app', { errors: 20 }),
        ],
      }),
    ).map(found => [found.requests, found.errors])
  expect(seen(160, 80)).toEqual([])
  expect(seen(130, 50)).toEqual([])
  expect(seen(200, 20)).toEqual([[0.25, null]])
  expect(seen(50, 20)).toEqual([[-0.5, null]])
})

test('retries are attempts beyond the first, where somebody counted', () => {
  expect(retriesOf(edge('a', 'b', { attempts: 130 }))).toBe(30)
  expect(retriesOf(edge('a', 'b', { attempts: 90 }))).toBe(0)
  expect(retriesOf(edge('a', 'b', { attempts: null }))).toBeNull()
  expect(retriesOf(edge('a', 'b', { requests: null }))).toBeNull()
})

const nodes = [
  node('shop/ok'),
  node('shop/bad', { health: 'failing', errors: 9 }),
  node('shop/worse', { health: 'failing', errors: 20 }),
  node('shop/slow', { health: 'degraded', errors: 50 }),
  node('shop/still', { health: 'idle', requests: 0 }),
]

test('the worst come first, by health before numbers', () => {
  expect(worstFirst(nodes).map(({ name }) => name)).toEqual(['worse', 'bad', 'slow', 'ok', 'still'])
  expect(worstOf(nodes)).toBe(worstFirst(nodes)[0])
  expect(worstOf([])).toBeUndefined()
  expect([...healthCounts(nodes)]).toEqual([
    ['healthy', 1],
    ['failing', 2],
    ['degraded', 1],
    ['idle', 1],
  ])
})

test('from trouble to trouble, round and round', () => {
  const way = [undefined, 'shop/worse', 'shop/bad', 'shop/slow', 'shop/ok'].map(at => nextTrouble(nodes, at))
  expect(way).toEqual(['shop/worse', 'shop/bad', 'shop/slow', 'shop/worse', 'shop/worse'])
  expect(nextTrouble([node('a')], undefined)).toBeUndefined()
})

test('a name that two nodes have is not used for one', () => {
  const two = graph([node('a/web'), node('b/web'), node('b/cart'), node('_', { name: null })])
  expect(['a/web', 'b/cart', '_', 'gone'].map(id => nameOf(two, id))).toEqual(['a/web', 'cart', '_', 'gone'])
})

test('a node is a sentence', () => {
  const edges = [edge('a', 'database:redis/x'), edge('b', 'database:redis/x')]
  const words = nodeWords(node('database:redis/x', { name: 'x', kind: 'database', requests: 0 }), edges)
  expect(words).toBe('x, database, healthy, no requests, 2 in, 0 out')
})

test('a table sorts by any column, what is not known last both ways', () => {
  const edges = [
    edge('a', 'b', { p95_ms: 5 }),
    edge('b', 'c', { p95_ms: null }),
    edge('c', 'd', { p95_ms: 50 }),
    edge('d', 'e', { p95_ms: 5 }),
  ]
  const ids = (sort: string) => {
    const order = orderOf(sort, EDGE_COLUMNS, { column: 'rate', isDescending: true })
    return sorted(edges, EDGE_COLUMNS, order, ({ id }) => id).map(({ id }) => id)
  }
  expect(ids('p95')).toEqual(['a>b', 'd>e', 'c>d', 'b>c'])
  expect(ids('-p95')).toEqual(['c>d', 'a>b', 'd>e', 'b>c'])
  expect(ids('-source')).toEqual(['d>e', 'c>d', 'b>c', 'a>b'])
  expect(ids('no-such-column')).toEqual(['a>b', 'b>c', 'c>d', 'd>e'])
})

test('a press on a head sorts by it, the largest number or the first name on top, and another turns it round', () => {
  const column = (id: string) => {
    const found = NODE_COLUMNS.find(column => column.id === id)
    if (found === undefined) throw new Error(`no column ${id}`)
    return found
  }
  const start = { column: 'name', isDescending: false }
  expect(sortSearch(pressed(start, column('rate')))).toBe('-rate')
  expect(sortSearch(pressed(start, column('health')))).toBe('-health')
  expect(sortSearch(pressed(start, column('kind')))).toBe('kind')
  expect(sortSearch(pressed(start, column('name')))).toBe('-name')
})

test('changes of health are told, not too often, and all of them together', () => {
  const before = firstNews([node('a'), node('b')], 0)
  const failing = [node('a', { health: 'failing' }), node('b'), node('new')]
  expect(newsAfter(before, failing, 5_000)).toBe(before)
  const told = newsAfter(before, failing, 10_000)
  expect(told.words).toBe('a is failing')
  expect(newsAfter(told, failing, 60_000)).toBe(told)
  const many = [...'abcdef'].map(id => node(id))
  const all = newsAfter(
    firstNews(many, 0),
    many.map(({ id }) => node(id, { health: 'idle' })),
    10_000,
  )
  expect(all.words).toBe('a is idle, b is idle, c is idle, and 3 more changed')
})
