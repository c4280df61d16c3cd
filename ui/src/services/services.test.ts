import { expect, test } from 'vitest'
import { RANGE_NAMES, type TimeRange } from '../api/time-range.ts'
import { edge, graph, node } from '../test/graph.ts'
import { randomOf } from '../test/random.ts'
import { signalsOf } from '../test/signals.ts'
import { epochMilliseconds } from '../ui/units.ts'
import { earlierQuestion, laidOver } from './earlier.ts'
import { filtered, namespacesIn, serviceCounts } from './list.ts'
import { PEERS_MAX, rowsOf, sideOf } from './map.ts'
import { pageOf } from './peers.ts'
import { lengthOf, rangeSearch, stepOf, zoomedIn } from './question.ts'
import { serviceSearch, servicesSearch } from './search.ts'
import { growsFrom, totalsOf } from './series.ts'
import { errorsQuery, operationQuery } from './traceql.ts'

const at = (time: string) => epochMilliseconds(Date.parse(time))

test('what a URL says is taken as far as it means something', () => {
  expect(serviceSearch({ tab: 'calls', cmp: 'prev', range: '6h', sort: '-p95' })).toEqual({
    tab: 'calls',
    cmp: 'prev',
    range: '6h',
    sort: '-p95',
  })
  expect(serviceSearch({ tab: 'signals', cmp: 'yes', range: '1h', sort: 'x' })).toEqual({})
  expect(servicesSearch({ range: '5m', find: ' cart ', namespace: '', sort: 'name' })).toEqual({
    find: 'cart',
    sort: 'name',
  })
})

test('steps are multiples of ten seconds, few enough to draw and many enough to see', () => {
  const random = randomOf(2)
  const ranges: TimeRange[] = RANGE_NAMES.map(range => ({ kind: 'relative', range }))
  for (let i = 0; i < 200; i += 1) {
    const seconds = 10 ** (1.8 + random() * 5)
    const start = at('2026-01-01')
    ranges.push({ kind: 'absolute', start, end: epochMilliseconds(start + seconds * 1000) })
  }
  for (const range of ranges) {
    const step = stepOf(range)
    expect(step % 10).toBe(0)
    const count = lengthOf(range) / 1000 / step
    expect(count).toBeLessThanOrEqual(100)
    expect(count).toBeGreaterThan(6)
  }
})

test('what was brushed is a fixed time of whole windows, and not too short', () => {
  expect(rangeSearch(zoomedIn(1_795_000_003.4, 1_795_000_187))).toMatchObject({
    range: undefined,
    start: new Date(1_795_000_000_000).toISOString(),
    end: new Date(1_795_000_190_000).toISOString(),
  })
  expect(lengthOf(zoomedIn(1_795_000_100, 1_795_000_101))).toBeGreaterThanOrEqual(60_000)
})

const answer = (start: string, step_s: number, requests: (number | null)[]) =>
  signalsOf({
    start,
    step_s,
    requests,
    errors: requests.map(value => (value === null ? null : value / 10)),
  })

test('the period before ends where this one begins, and lies over it step by step', () => {
  const now = answer('2026-11-24T10:10:00.000Z', 60, [1, 2, 3])
  const question = {
    service: { namespace: 'shop', name: 'cart' },
    range: { kind: 'relative', range: '5m' },
    step: 10,
  } as const
  expect(earlierQuestion(question, now)).toEqual({
    service: question.service,
    step: 60,
    range: { kind: 'absolute', start: at('2026-11-24T10:07:00Z'), end: at('2026-11-24T10:10:00Z') },
  })
  const before = answer('2026-11-24T10:07:00.000Z', 60, [7, 8, 9])
  expect(laidOver(now, before)([7, 8, null])).toEqual([7, 8, null])
  // An answer that is a step behind is not laid a step off.
  const behind = answer('2026-11-24T10:06:00.000Z', 60, [6, 7, 8])
  expect(laidOver(now, behind)([6, 7, 8])).toEqual([7, 8, null])
  expect(laidOver(now, null)([])).toEqual([null, null, null])
})

test('totals are of all steps, and of what is not known there is no total', () => {
  expect(totalsOf(answer('2026-11-24T10:00:00Z', 10, [30, null, 60]))).toEqual({
    requests: 90,
    errors: 9,
    rate: 3,
    error_rate: 0.1,
  })
  expect(totalsOf(answer('2026-11-24T10:00:00Z', 10, [null]))).toEqual({
    requests: null,
    errors: null,
    rate: null,
    error_rate: null,
  })
})

test('steps still grow near now, however late the answer came, and not in the past', () => {
  const frame = { start: 1000, end: 2000, step: 10, times: [] }
  expect(growsFrom(frame, 1995)).toBe(1970)
  expect(growsFrom(frame, 2015)).toBe(1970)
  expect(growsFrom(frame, 2030)).toBeNull()
  expect(growsFrom({ ...frame, step: 600 }, 1500)).toBe(1380)
})

test('queries quote what they are given', () => {
  expect(errorsQuery(['cart'])).toBe('{ resource.service.name = "cart" && status = error }')
  expect(errorsQuery(['cart.shop', 'cart'])).toBe(
    '{ (resource.service.name = "cart.shop" || resource.service.name = "cart") && status = error }',
  )
  expect(operationQuery(['cart'], 'GET "a"', 'server')).toBe(
    '{ resource.service.name = "cart" && name = "GET \\"a\\"" && kind = server }',
  )
})

const SERVICES = [
  node('shop/cart', { health: 'failing', aliases: ['basket'] }),
  node('shop/web', { health: 'healthy' }),
  node('pay/bank', { health: 'healthy' }),
  node('alone', { health: 'idle' }),
]

test('services are found by any of their names, in a namespace', () => {
  const ids = (find?: string, namespace?: string) =>
    filtered(SERVICES, { find, namespace }).map(({ id }) => id)
  expect(ids()).toHaveLength(4)
  expect(ids('BASK')).toEqual(['shop/cart'])
  expect(ids('shop/')).toEqual(['shop/cart', 'shop/web'])
  expect(ids('a', 'pay')).toEqual(['pay/bank'])
  expect(namespacesIn(SERVICES)).toEqual(['pay', 'shop'])
  expect(serviceCounts(SERVICES, 4)).toBe('4 services: 1 failing, 2 healthy, 1 idle')
  expect(serviceCounts(SERVICES.slice(0, 1), 4)).toBe('1 of 4 services: 1 failing')
  expect(serviceCounts([], 4)).toBe('0 of 4 services')
})

test('a small map has the peers in trouble and the busiest, in an order that stays', () => {
  const peers = Array.from({ length: 10 }, (_, place) => node(`shop/p${place}`))
  const calls = peers.map((peer, place) =>
    edge('shop/web', peer.id, { requests: 100 + place, error_rate: place === 0 ? 0.5 : 0 }),
  )
  const mesh = graph([node('shop/web'), ...peers], [...calls, edge('shop/web', 'shop/web')])
  const side = sideOf(mesh, 'shop/web', 'target')
  expect(side.shown.map(({ node }) => node.id)).toEqual([
    'shop/p0',
    'shop/p5',
    'shop/p6',
    'shop/p7',
    'shop/p8',
    'shop/p9',
  ])
  expect(side.shown[0]?.tone).toBe('bad')
  expect(side.more).toBe(10 - PEERS_MAX)
  expect(sideOf(mesh, 'shop/web', 'source')).toEqual({ shown: [], more: 0 })
})

test('calls of several protocols are one line', () => {
  const mesh = graph(
    [node('a'), node('b')],
    [edge('a', 'b', { requests: 10 }), edge('a', 'b', { id: 'grpc', protocol: 'grpc', requests: 5 })],
  )
  expect(sideOf(mesh, 'a', 'target').shown.map(({ requests }) => requests)).toEqual([15])
})

test('rows of the shorter side stand in the middle', () => {
  expect(rowsOf(2, 4, 10)).toEqual([15, 25])
  expect(rowsOf(4, 4, 10)).toEqual([5, 15, 25, 35])
})

test('whoever sends no spans is named by all of the id', () => {
  expect(pageOf({ id: 'database:redis/a', namespace: null, name: 'redis/a', kind: 'database' })).toEqual({
    namespace: '_',
    name: 'database:redis/a',
  })
  expect(pageOf({ id: 'shop/web', namespace: 'shop', name: 'web', kind: 'service' })).toEqual({
    namespace: 'shop',
    name: 'web',
  })
  expect(pageOf({ id: 'web', namespace: null, name: 'web', kind: 'service' })).toEqual({
    namespace: '_',
    name: 'web',
  })
})
