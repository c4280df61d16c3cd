// Pictures for people to look at, in `test-results`: fonts differ from machine to machine, so nothing compares them.

import { meshGraph } from '../mock/mesh.ts'
import { joined } from '../mock/otlp.ts'
import { Shop } from '../mock/shop.ts'
import { DRAWN_WITHIN_MS } from './mesh.ts'
import { site } from './site.ts'
import { expect, test } from './test.ts'

const REQUESTS = 60
/** Over the minute that just passed. */
const STEP_MS = 1000
const NS_PER_MS = 1_000_000n

/** What the shop's requests come to at the least, whatever fails. */
const NODES = [
  'gateway',
  'web',
  'catalogue',
  'cart',
  'ordering',
  'payment',
  'sessions',
  'orders',
  'api.bank.example',
]

test.beforeAll(async ({ request }) => {
  const shop = new Shop(7)
  const start = Date.now() - REQUESTS * STEP_MS
  const sent = Array.from({ length: REQUESTS }, (_, i) =>
    shop.request(BigInt(start + i * STEP_MS) * NS_PER_MS),
  )
  const response = await request.post(`${site.otlpHttp}/v1/traces`, { data: joined(sent) })
  expect(response.ok()).toBe(true)
  const names = async () => {
    const graph = await (await request.get(`${site.url}/api/v1/graph`)).json()
    return (graph as { nodes: { name: string }[] }).nodes.map(({ name }) => name.replace(/^.*\//, ''))
  }
  await expect.poll(names, { timeout: DRAWN_WITHIN_MS }).toEqual(expect.arrayContaining(NODES))
})

const SHOTS = [
  { name: 'mesh, light', path: '/topology', theme: 'light' },
  { name: 'mesh, dark', path: '/topology', theme: 'dark' },
  { name: 'mesh, small', path: '/topology', theme: 'light', size: { width: 800, height: 600 } },
  { name: 'node', path: '/topology?node=shop/ordering', theme: 'light' },
  { name: 'edge', path: '/topology?edge=shop/ordering->payments/payment:http', theme: 'dark' },
  { name: 'namespaces', path: '/topology?by=namespace', theme: 'light' },
  { name: 'focus', path: '/topology?focus=shop/ordering', theme: 'dark' },
] as const

for (const shot of SHOTS) {
  test(shot.name, async ({ page }, info) => {
    await page.emulateMedia({ colorScheme: shot.theme })
    if ('size' in shot) await page.setViewportSize(shot.size)
    await page.goto(shot.path)
    await expect(page.locator('canvas[data-painted]').first()).toBeVisible()
    await page.evaluate(() => document.fonts.ready)
    await page.screenshot({ path: info.outputPath(`${shot.name}.png`) })
  })
}

/** Meshes that nobody sends: what the server would answer. */
const MESHES = [
  { name: 'of 100', graph: () => meshGraph(100) },
  { name: 'of 1,000', graph: () => meshGraph(1000) },
  { name: 'of 1,000, folded', graph: () => meshGraph(1000), keys: ['C'] },
  { name: 'of 1,000, from near', graph: () => meshGraph(1000), search: '&cam=1500,1500,0.7' },
  { name: '300 services in one namespace', graph: () => inOneNamespace(meshGraph(300)) },
  { name: '300 services without boxes', graph: () => meshGraph(300), search: '&group=off' },
  { name: 'cycles and calls to oneself', graph: withCycles },
] as const

function inOneNamespace(graph: ReturnType<typeof meshGraph>): ReturnType<typeof meshGraph> {
  return { ...graph, nodes: graph.nodes.map(node => ({ ...node, namespace: node.namespace && 'shop' })) }
}

/** A small mesh of which every node calls itself, and the last one each of the first. */
function withCycles(): ReturnType<typeof meshGraph> {
  const graph = meshGraph(12)
  const [first] = graph.edges
  const [last, ...others] = graph.nodes.toReversed()
  if (first === undefined || last === undefined) return graph
  const call = (source: string, target: string) => ({
    ...first,
    id: `${source}->${target}:http`,
    source,
    target,
  })
  const own = graph.nodes.map(({ id }) => call(id, id))
  const back = others.slice(-3).map(({ id }) => call(last.id, id))
  return { ...graph, edges: [...graph.edges, ...own, ...back] }
}

for (const [at, shot] of MESHES.entries()) {
  const theme = at % 2 === 0 ? 'dark' : 'light'
  test(`mesh ${shot.name}`, async ({ page }, info) => {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' })
    await page.route('**/api/v1/graph?*', route => route.fulfill({ json: shot.graph() }))
    await page.goto(`/topology?live=off${'search' in shot ? shot.search : ''}`)
    await expect(page.locator('canvas[data-painted]').first()).toBeVisible()
    await page.evaluate(() => document.fonts.ready)
    if ('keys' in shot) for (const key of shot.keys) await page.keyboard.press(key)
    if ('keys' in shot) await expect(page).toHaveURL(/folded=/)
    await page.screenshot({ path: info.outputPath(`${shot.name}, ${theme}.png`) })
  })
}
