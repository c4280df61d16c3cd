// @vitest-environment happy-dom
import { screen, waitFor, within } from '@testing-library/react'
import { expect, test } from 'vitest'
import { ofService, otlpSpan, spanId, traceId } from '../../mock/otlp.ts'
import { MockStore } from '../../mock/store.ts'
import type { SchemaGraph } from '../api/schema.d.ts'
import { openApp, secondsAgo, sendTrace } from '../test/app.tsx'
import { edge, graph, node, observer } from '../test/graph.ts'

const SHOP = graph(
  [
    node('edge/gateway', { kind: 'gateway' }),
    node('shop/web', { errors: 3, error_rate: 0.03, health: 'degraded', aliases: ['web', 'web.shop'] }),
    node('shop/cart', { errors: 20, error_rate: 0.2, health: 'failing' }),
    node('database:redis/sessions', { name: 'sessions', kind: 'database', aliases: [] }),
  ],
  [
    edge('edge/gateway', 'shop/web'),
    edge('shop/web', 'shop/cart', {
      attempts: 112,
      errors: 20,
      error_rate: 0.2,
      mtls: 0.4,
      observers: [observer('source_proxy'), observer('target_app', { requests: 80, errors: null })],
      latency_split_ms: { source_app: 1, source_proxy: 2, network: 3, target_proxy: null, target_app: 14 },
      exemplars: [
        { trace_id: 'ab'.repeat(16), span_id: 'cd'.repeat(8), duration_ms: 1234, class: 'http_5xx' },
        { trace_id: '12'.repeat(16), span_id: '34'.repeat(8), duration_ms: 7, class: 'ok' },
      ],
    }),
    edge('shop/cart', 'database:redis/sessions', { protocol: 'database' }),
  ],
  {
    entry_points: ['edge/gateway'],
    cycles: [['shop/cart', 'shop/web']],
    unpaired: { no_target: 7, fragment: 2 },
  },
)

/** The app on a graph that does not change. */
function openGraph(path: string, answer: SchemaGraph = SHOP) {
  return openApp(path, {
    before: async (request, ask) => {
      if (request.url.includes('/api/v1/graph')) return Response.json(answer)
      return request.url.includes('/api/v1/stream') ? new Response(null, { status: 404 }) : ask(request)
    },
  })
}

const cursor = () => screen.findByRole('button', { name: /, namespace shop,/ })
const panel = () => screen.findByRole('complementary')
const cells = (row: HTMLElement) =>
  within(row)
    .getAllByRole('cell')
    .map(cell => cell.textContent)
const rows = async () => (await screen.findAllByRole('row')).slice(1).map(cells)

test('the front door leads to the topology', async () => {
  const { url } = openGraph('/')
  expect(await screen.findByText('4 nodes, 3 edges, 1 cycle')).toBeTruthy()
  expect(url()).toBe('/topology')
  const healths = within(screen.getByRole('list', { name: 'Nodes by health' })).getAllByRole('listitem')
  expect(healths.map(item => item.textContent)).toEqual(['1 failing', '1 degraded', '2 healthy'])
})

test('the URL says what is asked', async () => {
  const { asked } = openGraph('/topology?by=namespace&namespace=shop&range=1h&tenant=default')
  await screen.findByText(/^4 nodes/)
  const request = asked.find(({ url }) => url.includes('/api/v1/graph'))
  expect(new URL(request?.url ?? '').search).toBe('?start=now-1h&by=namespace&namespace=shop')
  expect(request?.headers.get('x-scope-orgid')).toBe('default')
})

test('keys come in at the worst node, go along, and open the details', async () => {
  const { user, url } = openGraph('/topology')
  const button = await cursor()
  expect(button.getAttribute('aria-label')).toBe(
    'cart, namespace shop, failing, 20.0/min, 20.0 % errors, 1 in, 1 out',
  )
  button.focus()
  await user.keyboard('{ArrowLeft}')
  expect(button.getAttribute('aria-label')).toContain('web, namespace shop, degraded')
  await user.keyboard('{Enter}')
  expect(within(await panel()).getByRole('heading', { level: 2 }).textContent).toBe('web')
  expect(url()).toBe('/topology?node=shop/web')
  await user.keyboard('{Escape}')
  await waitFor(() => expect(screen.queryByRole('complementary')).toBeNull())
})

test('e goes from trouble to trouble, the worst first', async () => {
  const { user } = openGraph('/topology')
  await cursor()
  const shown = async () => within(await panel()).getByRole('heading', { level: 2 }).textContent
  await user.keyboard('e')
  expect(await shown()).toBe('cart')
  await user.keyboard('e')
  await waitFor(async () => expect(await shown()).toBe('web'))
  await user.keyboard('e')
  await waitFor(async () => expect(await shown()).toBe('cart'))
})

test('a node says all that is known of it', async () => {
  const { user, url } = openGraph('/topology?node=shop/web')
  const details = await panel()
  for (const text of [
    'degraded',
    '20.0/min',
    '(100 in this time)',
    '3 (3.00 %)',
    '10.0 ms',
    '90.0 ms',
    'web.shop',
  ]) {
    expect(details.textContent).toContain(text)
  }
  expect(details.textContent).toContain('In a cycle: shop/cart, shop/web')
  const [incoming, outgoing] = within(details).getAllByRole('table')
  expect(incoming?.textContent).toContain('gateway')
  expect(outgoing?.textContent).toContain('cart HTTP20.0/min20.0 %50.0 ms')
  expect(within(details).getAllByRole('link', { name: 'Traces' }).at(-1)?.getAttribute('href')).toBe(
    '/traces?service=web.shop&range=5m',
  )
  await user.click(within(details).getByRole('button', { name: 'cart' }))
  expect(url()).toBe('/topology?edge=shop/web%3Eshop/cart')
})

test('an edge says who saw it, where they disagree, where the time goes, and which traces to look at', async () => {
  openGraph('/topology?edge=shop/web>shop/cart')
  const details = await panel()
  for (const text of [
    '112 (12 more than requests: retries)',
    '20 (20.0 %)',
    '40.0 % of requests, the rest in plain text',
  ]) {
    expect(details.textContent).toContain(text)
  }
  const table = within(details).getByRole('table')
  const [, chosen, other] = within(table).getAllByRole('row')
  expect(chosen?.getAttribute('aria-current')).toBe('true')
  expect(chosen?.textContent).toContain('source_proxy ✓')
  expect(other?.textContent).toBe('target_app spans80100–10.0 ms50.0 ms90.0 ms100')
  expect(details.textContent).toContain(
    'The target’s application counted 20.0 % fewer requests than the source’s proxy.',
  )
  const split = within(details).getByRole('figure')
  expect(split.textContent).toContain('Target’s proxynot measured')
  expect(split.textContent).toContain('Target’s application14.0 ms70.0 %')
  const links = within(details).getAllByRole('link')
  expect(links.slice(0, 3).map(link => link.textContent)).toEqual(['Traces', 'Errors', 'Slowest'])
  expect(links.slice(3).map(link => link.getAttribute('href'))).toEqual([
    `/traces/${'ab'.repeat(16)}?span=${'cd'.repeat(8)}`,
    `/traces/${'12'.repeat(16)}?span=${'34'.repeat(8)}`,
  ])
  expect(details.textContent).toContain('HTTP 5xx')
})

test('what nobody knows is not a zero', async () => {
  const unknown = { requests: null, rate: null, errors: null, error_rate: null, attempts: null }
  openGraph(
    '/topology?edge=a>b',
    graph([node('a'), node('b')], [edge('a', 'b', { ...unknown, protocol: 'tcp' })]),
  )
  const details = await panel()
  for (const text of [
    'not counted by any observer',
    'not known to any observer',
    'not known: spans do not tell',
  ]) {
    expect(details.textContent).toContain(text)
  }
  const facts = details.querySelector('dl')
  expect(facts?.textContent).toContain('Errorsnot known')
  expect(facts?.textContent).not.toContain('0')
})

test('a link to what is gone says so', async () => {
  openGraph('/topology?node=shop/old')
  expect((await panel()).textContent).toContain(
    'In this time and with these filters there is no node shop/old.',
  )
})

test('the table says what the drawing says, sorts and filters, all in the URL', async () => {
  const { user, url } = openGraph('/topology')
  await cursor()
  await user.keyboard('v')
  expect((await rows()).map(([name, , , health]) => [name, health])).toEqual([
    ['cart', 'failing'],
    ['web', 'degraded'],
    ['sessions', 'healthy'],
    ['gateway', 'healthy'],
  ])
  await user.click(screen.getByRole('button', { name: 'Node' }))
  await waitFor(async () =>
    expect((await rows()).map(([name]) => name)).toEqual(['cart', 'gateway', 'sessions', 'web']),
  )
  expect(screen.getByRole('columnheader', { name: 'Node' }).getAttribute('aria-sort')).toBe('ascending')
  await user.click(screen.getByRole('button', { name: /^Edges/ }))
  await waitFor(async () => expect(await rows()).toHaveLength(3))
  await user.type(screen.getByRole('combobox', { name: 'Find' }), 'redis')
  await waitFor(async () =>
    expect((await rows()).map(([source, target]) => [source, target])).toEqual([
      ['shop/cart', 'database:redis/sessions'],
    ]),
  )
  expect(url()).toBe('/topology?view=table&table=edges&find=redis')
})

test('a search finds nodes, and Enter goes through them', async () => {
  const { user, url } = openGraph('/topology')
  await cursor()
  await user.keyboard('/')
  expect(document.activeElement).toBe(screen.getByRole('combobox', { name: 'Find' }))
  await user.keyboard('shop')
  expect(await screen.findByText('Found: 2 of 4 nodes, 3 of 3 edges')).toBeTruthy()
  await user.keyboard('{Enter}')
  await waitFor(() => expect(url()).toBe('/topology?find=shop&node=shop/cart'))
  await user.keyboard('{Enter}')
  await waitFor(() => expect(url()).toBe('/topology?find=shop&node=shop/web'))
})

test('f looks closely at a node, brackets at more or less around it, and Escape goes back', async () => {
  const { user, url, asked } = openGraph('/topology')
  const button = await cursor()
  button.focus()
  await user.keyboard('f')
  expect(await screen.findByRole('group', { name: 'Focus' })).toBeTruthy()
  expect(url()).toBe('/topology?focus=shop/cart&node=shop/cart')
  await user.keyboard(']')
  await waitFor(() => expect(url()).toBe('/topology?focus=shop/cart&node=shop/cart&depth=2'))
  await waitFor(() => expect(asked.at(-1)?.url).toContain('focus=shop%2Fcart&depth=2'))
  await user.keyboard('[[')
  await waitFor(() => expect(url()).not.toContain('depth'))
  await user.keyboard('{Escape}')
  await waitFor(() => expect(url()).toBe('/topology?focus=shop/cart'))
  await user.keyboard('{Escape}')
  await waitFor(() => expect(url()).toBe('/topology'))
})

test('c folds the namespace of the node that keys are at, C all, and both are in the URL', async () => {
  const { user, url } = openGraph('/topology')
  const button = await cursor()
  button.focus()
  await user.keyboard('c')
  await waitFor(() => expect(url()).toBe('/topology?folded=shop'))
  const folded = await screen.findByRole('button', { name: /^namespace shop, folded/ })
  expect(folded.getAttribute('aria-label')).toBe('namespace shop, folded, 3 nodes, 1 failing, 1 degraded')
  await user.keyboard('{Enter}')
  await waitFor(() => expect(url()).toBe('/topology'))
  await user.keyboard('C')
  await waitFor(() => expect(url()).toBe('/topology?folded=edge,shop'))
  await user.click(screen.getByRole('button', { name: 'Unfold all namespaces' }))
  await waitFor(() => expect(url()).toBe('/topology'))
})

test('boxes come off and on, and the URL keeps it', async () => {
  const { user, url } = openGraph('/topology?folded=shop')
  await user.click(await screen.findByRole('button', { name: 'Without boxes of namespaces' }))
  await waitFor(() => expect(url()).toBe('/topology?group=off'))
  await cursor()
  expect(screen.queryByRole('button', { name: 'Fold all namespaces' })).toBeNull()
  await user.click(screen.getByRole('button', { name: 'In boxes of namespaces' }))
  await waitFor(() => expect(url()).toBe('/topology?group=ns'))
  expect(await screen.findByRole('button', { name: 'Fold all namespaces' })).toBeTruthy()
})

test('namespaces and clusters as nodes have no boxes', async () => {
  openGraph('/topology?by=namespace', graph([node('shop', { namespace: 'shop' })], [], { by: 'namespace' }))
  await screen.findByText(/^1 node/)
  expect(screen.queryByRole('button', { name: /boxes of namespaces/ })).toBeNull()
})

test('l goes through what lines say, and the picker says the same', async () => {
  const { user, url } = openGraph('/topology')
  const picker = await screen.findByRole('combobox', { name: 'Lines say' })
  await user.selectOptions(picker, 'p95')
  await waitFor(() => expect(url()).toBe('/topology?label=p95'))
  picker.blur()
  await user.keyboard('l')
  await waitFor(() => expect(url()).toBe('/topology?label=off'))
  await user.keyboard('l')
  await waitFor(() => expect(url()).toBe('/topology'))
})

test('laying out anew says how to undo it', async () => {
  const { user } = openGraph('/topology')
  await cursor()
  await user.keyboard('r')
  const notice = await screen.findByText(/Laid out anew/)
  expect(notice.textContent).toContain('(u)')
  await user.keyboard('u')
  await waitFor(() => expect(screen.queryByText(/Laid out anew/)).toBeNull())
})

test('what is not paired is counted, and why is said', async () => {
  const { user } = openGraph('/topology')
  await user.click(await screen.findByRole('button', { name: '9 not paired' }))
  const dialog = await screen.findByRole('dialog')
  expect(dialog.textContent).toContain('Nothing says whom it called')
  expect(dialog.textContent).toContain('A late part of a span')
})

test('another grouping is another question', async () => {
  const { user, url, asked } = openGraph('/topology?node=shop/web&focus=shop/web')
  await user.click(await screen.findByRole('button', { name: /Group by/ }))
  await user.click(await screen.findByRole('option', { name: 'Namespaces' }))
  await waitFor(() => expect(url()).toBe('/topology?by=namespace'))
  await waitFor(() => expect(asked.at(-1)?.url).toContain('by=namespace'))
})

/** A request of one service that asks another. */
function sendCall(store: MockStore, id: number, source: string, target: string) {
  const start = secondsAgo(20)
  const times = { start, end: start + 1_000_000n, kind: 'server' as const }
  store.take(ofService(source, [otlpSpan(traceId(id), spanId(1), 'in', times)]))
  store.take(ofService(target, [otlpSpan(traceId(id), spanId(2), 'out', { ...times, parent: spanId(1) })]))
}

test('what comes is shown by the stream, and nobody is asked again meanwhile', async () => {
  const store = new MockStore()
  sendCall(store, 1, 'web', 'cart')
  const { asked } = openApp('/topology', { store, api: { tenants: ['default'], streamIntervalMs: 20 } })
  expect(await screen.findByText('2 nodes, 1 edge')).toBeTruthy()
  await waitFor(() =>
    expect(asked.some(({ url }) => url.includes('/stream?topics=graph&by=service&range=5m&since='))).toBe(
      true,
    ),
  )
  expect(await screen.findByText('Live')).toBeTruthy()
  const before = asked.filter(({ url }) => url.includes('/graph')).length
  sendCall(store, 2, 'web', 'mail')
  expect(await screen.findByText('3 nodes, 2 edges')).toBeTruthy()
  expect(asked.filter(({ url }) => url.includes('/graph')).length).toBe(before)
})

test('without a stream the graph is asked for again, and the page says so', async () => {
  const store = new MockStore()
  sendCall(store, 1, 'web', 'cart')
  openApp('/topology', { store, api: { tenants: ['default'], streamIntervalMs: null } })
  expect(await screen.findByText('Live, polled')).toBeTruthy()
  sendCall(store, 2, 'web', 'mail')
  expect(await screen.findByText('3 nodes, 2 edges', undefined, { timeout: 5000 })).toBeTruthy()
})

test('paused is paused', async () => {
  const store = new MockStore()
  sendCall(store, 1, 'web', 'cart')
  const { asked } = openApp('/topology?live=off', { store })
  expect(await screen.findByText(/^Paused/)).toBeTruthy()
  await waitFor(() => expect(screen.getByText(/^Paused, [2-9] s old/)).toBeTruthy(), { timeout: 5000 })
  expect(asked.filter(({ url }) => url.includes('/stream') || url.includes('/graph'))).toHaveLength(1)
})

test('a failure keeps what was shown and names itself', async () => {
  const store = new MockStore()
  sendCall(store, 1, 'web', 'cart')
  let isDown = false
  openApp('/topology', {
    store,
    api: { tenants: ['default'], streamIntervalMs: null },
    before: (request, ask) => (isDown ? Promise.reject(new TypeError('failed to fetch')) : ask(request)),
  })
  await screen.findByText('2 nodes, 1 edge')
  isDown = true
  expect(
    await screen.findByText(/could not be renewed: failed to fetch/, undefined, { timeout: 5000 }),
  ).toBeTruthy()
  expect(screen.getByText(/^Reconnecting/)).toBeTruthy()
  expect(screen.getByText('2 nodes, 1 edge')).toBeTruthy()
})

test('a server without spans tells how to send the first', async () => {
  openApp('/topology')
  expect(await screen.findByText('No spans have come yet')).toBeTruthy()
})

test('a time without traffic leads to the newest', async () => {
  const store = new MockStore()
  sendTrace(store, 1, 'cart', 'GET /old', 7200)
  const { user, url } = openApp('/topology', { store })
  await user.click(await screen.findByRole('button', { name: /The newest trace came [12] h ago/ }))
  expect(await screen.findByText('1 node, 0 edges')).toBeTruthy()
  expect(url()).toBe('/topology?range=6h')
})

test('filters that leave nothing can be lifted', async () => {
  const store = new MockStore()
  sendCall(store, 1, 'web', 'cart')
  const { user, url } = openApp('/topology?namespace=nowhere', { store })
  expect(await screen.findByText('No traffic of namespace nowhere in this time')).toBeTruthy()
  await user.click(screen.getByRole('button', { name: 'Show everything' }))
  expect(await screen.findByText('2 nodes, 1 edge')).toBeTruthy()
  expect(url()).toBe('/topology')
})
