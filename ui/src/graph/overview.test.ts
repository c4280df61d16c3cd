import { expect, test } from 'vitest'
import { meshGraph } from '../../mock/mesh.ts'
import { edge, graph, node } from '../test/graph.ts'
import { randomMesh } from '../test/random.ts'
import { type Curve, pointsOf } from './curve.ts'
import { edgeWords } from './edge-words.ts'
import { cardBox, contains, type Point } from './geometry.ts'
import { lidOf } from './groups.ts'
import { hitAt, nextTo, stopOfGroup } from './hit.ts'
import { grown } from './layout/grown.ts'
import { layout } from './layout/layout.ts'
import { type Scene, sceneOf } from './scene.ts'

const SHOP = graph(
  [
    node('edge/gate'),
    node('shop/web'),
    node('shop/cart', { health: 'failing' }),
    node('pay/card'),
    node('pay/bank'),
  ],
  [
    edge('edge/gate', 'shop/web', { rate: 10, requests: 1000 }),
    edge('shop/web', 'shop/cart'),
    edge('shop/web', 'pay/card', { rate: 2, requests: 100, errors: 0 }),
    edge('shop/cart', 'pay/card', { rate: 3, requests: 100, errors: 40, error_rate: 0.4 }),
    edge('shop/cart', 'pay/bank', { rate: 1, requests: 100, errors: 0 }),
    edge('pay/bank', 'shop/web'),
  ],
)
const namespacesOf = ({ nodes }: typeof SHOP) =>
  new Map(nodes.flatMap(({ id, namespace }) => (namespace === null ? [] : [[id, namespace] as const])))
const arrangementOf = (of: typeof SHOP) =>
  layout({ nodes: of.nodes.map(({ id }) => id), edges: of.edges, entries: [], namespaces: namespacesOf(of) })
const shown = (folded: string[]) => sceneOf(SHOP, arrangementOf(SHOP), new Set(folded))
const middleOf = (line: { curve: Curve } | undefined): Point => {
  const middle = line === undefined ? undefined : pointsOf(line.curve)[6]
  if (middle === undefined) throw new Error('there is no such line')
  return middle
}
const ends = ({ bundles }: Scene) =>
  bundles.map(({ source, target, count }) => `${source.id} > ${target.id} ${count}`).sort()

test('a folded namespace is one thing, and its calls are one line for each end', () => {
  const scene = shown(['pay'])
  expect(scene.nodes.map(({ id }) => id)).toEqual(['edge/gate', 'shop/web', 'shop/cart'])
  expect(scene.edges.map(({ id }) => id).sort()).toEqual(['edge/gate>shop/web', 'shop/web>shop/cart'])
  expect(ends(scene)).toEqual(['pay > shop/web 1', 'shop/cart > pay 2', 'shop/web > pay 1'])
  const [failing] = scene.bundles.filter(
    ({ source, target }) => source.id === 'shop/cart' && target.id === 'pay',
  )
  expect(failing).toMatchObject({ rate: 4, share: 0.2, tone: 'bad' })
})

test('between two folded namespaces there and back are two lines', () => {
  const scene = shown(['pay', 'shop'])
  expect(ends(scene)).toEqual(['edge/gate > shop 1', 'pay > shop 1', 'shop > pay 3'])
  expect(scene.edges).toEqual([])
  const [there, back] = ['shop', 'pay'].map(id =>
    middleOf(scene.bundles.find(({ source }) => source.id === id)),
  )
  expect(there).not.toEqual(back)
})

test('folding moves nobody', () => {
  const places = (scene: Scene) => new Map(scene.nodes.map(({ id, place }) => [id, place]))
  const [open, folded] = [places(shown([])), places(shown(['pay']))]
  for (const [id, place] of folded) expect(open.get(id)).toEqual(place)
  expect(shown(['pay']).groups.map(({ boxes }) => boxes)).toEqual(shown([]).groups.map(({ boxes }) => boxes))
})

test('a namespace says how its worst is', () => {
  const [, , shop] = shown([]).groups.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  expect(shop).toMatchObject({ id: 'shop', count: 2, worst: 'failing' })
  expect([...(shop?.healths ?? [])]).toEqual([
    ['healthy', 1],
    ['failing', 1],
  ])
})

test('a name and a folded namespace are pressed where they are, and keys get there', () => {
  const open = shown([])
  const [box] = open.groups.find(({ id }) => id === 'shop')?.boxes ?? []
  if (box === undefined) throw new Error('the namespace has no box')
  expect(hitAt(open, { x: box.left + 20, y: box.top + 10 }, 7, 1)).toEqual({ kind: 'group', id: 'shop' })
  const folded = shown(['shop'])
  const lid = lidOf(box)
  const middle = { x: (lid.left + lid.right) / 2, y: (lid.top + lid.bottom) / 2 }
  expect(hitAt(folded, middle, 7, 1)).toEqual({ kind: 'group', id: 'shop' })
  const [bundle] = folded.bundles
  const on = middleOf(bundle)
  expect(hitAt(folded, on, 7, 1)?.kind).toBe('bundle')
  const directions = ['left', 'right', 'up', 'down'] as const
  const reached = directions.map(direction => nextTo(folded, 'edge/gate', direction)?.id)
  expect(reached).toContain(stopOfGroup('shop'))
})

test('of a large mesh one line stands for each two namespaces, not more than can be seen', () => {
  const large = meshGraph(1000)
  const scene = sceneOf(large, arrangementOf(large))
  const { homes } = arrangementOf(large)
  const end = (id: string) => homes.get(id) ?? id
  const between = large.edges.filter(({ source, target }) => end(source) !== end(target))
  const expected = new Set(between.map(({ source, target }) => `${end(source)} > ${end(target)}`))
  expect(scene.arcs.length).toBe(expected.size)
  expect(scene.arcs.reduce((sum, { count }) => sum + count, 0)).toBe(between.length)
  expect(scene.arcs.length).toBeLessThan(between.length)
  expect(shown([]).arcs).toEqual([])
})

test('of thousands of lines between boxes the strongest are kept, and all in trouble', () => {
  const nodes = Array.from({ length: 300 }, (_, at) => node(`ns${at}/a`))
  const edges = nodes.flatMap(({ id }, at) =>
    [1, 2, 3, 4, 5].map(step => {
      const target = `ns${(at + step) % 300}/a`
      const isBad = at % 100 === 0
      return edge(id, target, { rate: at + step, ...(isBad ? { errors: 50, error_rate: 0.5 } : {}) })
    }),
  )
  const all = graph(nodes, edges)
  const { arcs } = sceneOf(all, arrangementOf(all))
  expect(arcs.filter(({ tone }) => tone === 'bad')).toHaveLength(15)
  const quiet = arcs.filter(({ tone }) => tone === 'quiet').map(({ rate }) => rate)
  expect(quiet).toHaveLength(600)
  const rates = edges.filter(({ error_rate }) => error_rate === 0).map(({ rate }) => rate ?? 0)
  expect(Math.min(...quiet)).toBe(rates.toSorted((a, b) => b - a)[599])
})

test.each([1, 2, 3])('lines of who came later pass beside cards, too (seed %d)', seed => {
  const mesh = randomMesh(seed, 14, 22)
  const come = ['x', 'y', 'z'].map((id, at) => ({
    id,
    source: mesh.nodes[at * 4] ?? '',
    target: mesh.nodes[13 - at] ?? '',
  }))
  const edges = [
    ...mesh.edges,
    ...come.flatMap(({ id, source, target }) => [
      { id: `${id}1`, source, target: id },
      { id: `${id}2`, source: id, target },
    ]),
  ]
  const nodes = [...mesh.nodes, 'x', 'y', 'z']
  const arrangement = grown(layout(mesh), { nodes, edges, entries: mesh.entries })
  const made = graph(
    nodes.map(id => node(id)),
    edges.map(({ id, source, target }) => edge(source, target, { id })),
  )
  const scene = sceneOf(made, arrangement)
  const behind = scene.edges.filter(({ source, target, curve }) => {
    const others = scene.nodes.filter(({ id }) => id !== source && id !== target)
    const isHidden = (point: Point) => others.some(({ place }) => contains(cardBox(place, -2), point))
    return pointsOf(curve).filter(isHidden).length > 1
  })
  // What turns round a corner may touch one.
  expect(behind.length / scene.edges.length).toBeLessThan(0.06)
})

test('lines stay as they are while numbers change and others come', () => {
  const large = meshGraph(1000)
  const arrangement = arrangementOf(large)
  const before = sceneOf(large, arrangement)
  const later = meshGraph(1000, 9)
  const mesh = {
    nodes: later.nodes.map(({ id }) => id),
    edges: later.edges,
    entries: [],
    namespaces: namespacesOf(later),
  }
  const after = sceneOf(later, grown(arrangement, mesh))
  const kept = after.edges.filter(({ id }) => before.edgeById.has(id))
  expect(kept.length).toBeGreaterThan(1500)
  expect(kept.filter(({ id, curve }) => before.edgeById.get(id)?.curve !== curve)).toEqual([])
})

test('lines say what is asked for', () => {
  const [made] = sceneOf(SHOP, arrangementOf(SHOP)).edges.filter(({ id }) => id === 'shop/cart>pay/card')
  if (made === undefined) throw new Error('the edge is not drawn')
  expect((['auto', 'rate', 'errors', 'p95', 'off'] as const).map(label => edgeWords(made, label))).toEqual([
    '40.0 % err',
    '3.00/s',
    '40.0 % err',
    'p95 50.0 ms',
    '',
  ])
})
