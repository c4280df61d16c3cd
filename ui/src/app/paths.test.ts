// @vitest-environment happy-dom
import { createMemoryHistory } from '@tanstack/react-router'
import { expect, test } from 'vitest'
import { paths, serviceParams } from './paths.ts'
import { createQueryClient } from './query-client.ts'
import { createAppRouter } from './router.tsx'

const history = createMemoryHistory({ initialEntries: ['/traces?tenant=shop&live=off'] })
const router = createAppRouter(createQueryClient(), history)

/** Links that people keep: this list may grow, and nothing in it may change. */
test('every page keeps its path', () => {
  expect(Object.keys(router.routesByPath).sort()).toMatchInlineSnapshot(`
    [
      "/",
      "/connect",
      "/services",
      "/services/$namespace/$name",
      "/topology",
      "/traces",
      "/traces/$traceId",
    ]
  `)
  expect(
    [
      router.buildLocation({
        to: paths.topology,
        search: {
          by: 'workload',
          namespace: 'shop',
          focus: 'shop/web',
          depth: 2,
          node: 'shop/web',
          range: '1h',
        },
      }),
      router.buildLocation({
        to: paths.topology,
        search: {
          view: 'table',
          table: 'edges',
          sort: '-rate',
          find: 'p95 > 500ms and not cart',
          hide: 'health = idle',
          edge: 'a->b:http',
          cam: '1,2,0.5',
        },
      }),
      router.buildLocation({ to: paths.traces, search: { service: 'cart', range: '15m', limit: 200 } }),
      router.buildLocation({
        to: paths.traces,
        search: { start: '2026-11-24T10:00:00.000Z', end: '2026-11-24T12:00:00.000Z' },
      }),
      router.buildLocation({
        to: paths.services,
        search: { find: 'cart', namespace: 'shop', sort: '-rate' },
      }),
      router.buildLocation({
        to: paths.service,
        params: serviceParams({ namespace: 'shop', name: 'cart' }),
        search: { tab: 'calls', range: '6h', cmp: 'prev', sort: '-p95' },
      }),
      router.buildLocation({
        to: paths.service,
        params: serviceParams({ namespace: null, name: 'database:redis/sessions' }),
      }),
      router.buildLocation({
        to: paths.trace,
        params: { traceId: '00ff' },
        search: { span: '12', depth: 2, fold: 'a,b' },
      }),
      router.buildLocation({ to: paths.connect, search: { to: 'sdk', via: 'java' } }),
    ].map(location => location.href),
  ).toMatchInlineSnapshot(`
    [
      "/topology?by=workload&namespace=shop&focus=shop/web&depth=2&node=shop/web&range=1h&tenant=shop&live=off",
      "/topology?view=table&table=edges&sort=-rate&find=p95+%3E+500ms+and+not+cart&hide=health+%3D+idle&edge=a-%3Eb:http&cam=1,2,0.5&tenant=shop&live=off",
      "/traces?service=cart&range=15m&limit=200&tenant=shop&live=off",
      "/traces?start=2026-11-24T10:00:00.000Z&end=2026-11-24T12:00:00.000Z&tenant=shop&live=off",
      "/services?find=cart&namespace=shop&sort=-rate&tenant=shop&live=off",
      "/services/shop/cart?tab=calls&range=6h&cmp=prev&sort=-p95&tenant=shop&live=off",
      "/services/_/database%3Aredis%2Fsessions?tenant=shop&live=off",
      "/traces/00ff?span=12&depth=2&fold=a,b&tenant=shop&live=off",
      "/connect?to=sdk&via=java&tenant=shop&live=off",
    ]
  `)
})

test('every path is a page', () => {
  expect(Object.keys(router.routesByPath)).toEqual(expect.arrayContaining(Object.values(paths)))
})
