import { expect, test } from 'vitest'
import { parseQuery } from '../../mock/traceql.ts'
import { edge, graph, node } from '../test/graph.ts'
import { queriesOfEdge, queriesOfNode } from './trace-queries.ts'

const web = node('shop/web', { aliases: ['web', 'web.shop'] })
const cart = node('shop/cart')
const redis = node('database:redis/sessions', { name: 'redis/sessions', kind: 'database', aliases: [] })
const orders = node('queue:kafka/orders', { name: 'kafka/orders', kind: 'queue', aliases: [] })
const mesh = graph([web, cart, redis, orders])

test('a node is found by all its names', () => {
  expect(queriesOfNode(web)).toEqual({
    all: '{ (resource.service.name = "web" || resource.service.name = "web.shop") }',
    errors: '{ (resource.service.name = "web" || resource.service.name = "web.shop") && status = error }',
    slow: '{ (resource.service.name = "web" || resource.service.name = "web.shop") && duration > 50ms }',
  })
})

test('an edge is what its target did below its source', () => {
  const found = queriesOfEdge(edge('shop/web', 'shop/cart', { p95_ms: null }), mesh)
  expect(found.errors).toBe(
    '{ (resource.service.name = "web" || resource.service.name = "web.shop") } >> { resource.service.name = "cart" && status = error }',
  )
  expect(found.slow).toBeNull()
})

test('who sends no spans is found by those of the other side', () => {
  expect(queriesOfEdge(edge('shop/cart', redis.id), mesh).all).toBe(
    '{ resource.service.name = "cart" && span.server.address = "sessions" }',
  )
  expect(queriesOfEdge(edge(orders.id, 'shop/cart'), mesh).all).toBe(
    '{ span.messaging.destination.name = "orders" && resource.service.name = "cart" }',
  )
})

test('each is a query', () => {
  for (const { source, target } of [edge('shop/web', 'shop/cart'), edge('shop/cart', redis.id)]) {
    const { all, errors, slow } = queriesOfEdge(edge(source, target), mesh)
    for (const query of [all, errors, slow]) expect(() => parseQuery(query ?? '')).not.toThrow()
  }
})
