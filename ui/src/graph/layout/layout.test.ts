import { expect, test } from 'vitest'
import { meshOf, randomMesh, randomOf, shuffled } from '../../test/random.ts'
import { CARD, cardBox, overlaps, type Point } from '../geometry.ts'
import { acyclic } from './acyclic.ts'
import { layout } from './layout.ts'
import { type Arrangement, digraphOf, type Mesh, pairKey } from './mesh.ts'
import { meshOfNobody } from './warm.ts'

const MESHES: [string, Mesh][] = [
  ['nothing', meshOf('')],
  ['one', meshOf('a')],
  ['a chain', meshOf('a>b b>c c>d')],
  ['a diamond', meshOf('a>b a>c b>d c>d a>d')],
  ['a cycle', meshOf('a>b b>c c>a')],
  ['a cycle of two', meshOf('a>b b>a')],
  ['who calls itself', meshOf('a>a a>b')],
  ['two parts and a lone one', meshOf('a>b c>d e')],
  ...[1, 2, 3, 4, 5, 6].map((seed): [string, Mesh] => [`random ${seed}`, randomMesh(seed, 40, 90)]),
  ...[7, 8, 9].map((seed): [string, Mesh] => [`random with cycles ${seed}`, randomMesh(seed, 40, 90, 0.2)]),
  ['nobody', { ...meshOfNobody(), namespaces: undefined }],
  ['large', randomMesh(10, 1000, 3000, 0.02)],
]

const at = ({ places }: Arrangement, id: string): Point => places.get(id) ?? { x: Number.NaN, y: Number.NaN }

test.each(MESHES)('every node of %s has a place of its own', (_, mesh) => {
  const { places } = layout(mesh)
  expect([...places.keys()].sort()).toEqual([...mesh.nodes].sort())
  const boxes = [...places.values()].map(place => cardBox(place)).sort((a, b) => a.left - b.left)
  const met = boxes.filter((box, index) => {
    const near = boxes.slice(index + 1).filter(other => other.left < box.right)
    return near.some(other => overlaps(box, other))
  })
  expect(met).toEqual([])
})

test.each(MESHES)('every call of %s leads forwards, but for those that close a cycle', (_, mesh) => {
  const arrangement = layout(mesh)
  const graph = digraphOf(mesh)
  const { isTurned } = acyclic(graph, new Set())
  const place = (id: string) => graph.ids.indexOf(id)
  const noEntries = layout({ ...mesh, entries: [] })
  for (const { source, target } of mesh.edges) {
    if (source === target) continue
    const [from, to] = [at(noEntries, source), at(noEntries, target)]
    if (isTurned(place(source), place(target))) expect(to.x, `${source}>${target}`).toBeLessThan(from.x)
    else expect(to.x, `${source}>${target}`).toBeGreaterThan(from.x)
  }
  // With entries other calls may be turned; none is ever drawn in its own column.
  for (const { source, target } of mesh.edges) {
    if (source !== target) expect(at(arrangement, source).x).not.toBe(at(arrangement, target).x)
  }
})

test.each(MESHES)('%s looks the same however it is listed', (_, mesh) => {
  const random = randomOf(99)
  const other = layout({
    nodes: shuffled(mesh.nodes, random),
    edges: shuffled(mesh.edges, random),
    entries: mesh.entries,
  })
  const sorted = ({ places, ways }: Arrangement) => [[...places].sort(), [...ways].sort()]
  expect(sorted(other)).toEqual(sorted(layout(mesh)))
})

test('a call that passes a layer runs between its cards', () => {
  const mesh = meshOf('a>b b>c c>d a>d b>d')
  const { places, ways } = layout(mesh)
  const way = ways.get(pairKey('a', 'd')) ?? []
  expect(way).toHaveLength(4)
  for (const point of way) {
    for (const place of places.values()) expect(overlaps(cardBox(place), cardBox0(point))).toBe(false)
  }
  expect(way.map(({ x }) => x)).toEqual(way.map(({ x }) => x).toSorted((a, b) => a - b))
})

const cardBox0 = ({ x, y }: Point) => ({ left: x, right: x, top: y, bottom: y })

test('a call back passes the layers backwards', () => {
  const { ways } = layout(meshOf('a>b b>c c>a'))
  const xs = (ways.get(pairKey('c', 'a')) ?? []).map(({ x }) => x)
  expect(xs).toHaveLength(2)
  expect(xs).toEqual(xs.toSorted((a, b) => b - a))
})

test('an entry stands first in its cycle', () => {
  const places = (entries: string[]) => layout(meshOf('a>b b>c c>a', entries)).places
  const first = (entries: string[]) => [...places(entries)].sort((a, b) => a[1].x - b[1].x)[0]?.[0]
  expect([first([]), first(['b']), first(['c'])]).toEqual(['a', 'b', 'c'])
})

test('a tree is drawn without a crossing', () => {
  const mesh = meshOf('r>z r>a r>m z>z1 z>z2 a>a1 a>a2 m>m1 a1>x z2>y')
  const arrangement = layout(mesh)
  const lines = mesh.edges.map(
    ({ source, target }) => [at(arrangement, source), at(arrangement, target)] as const,
  )
  const crossing = lines.flatMap(([a, b], i) =>
    lines.slice(i + 1).filter(([c, d]) => a.x === c.x && (a.y - c.y) * (b.y - d.y) < 0),
  )
  expect(crossing).toEqual([])
})

test('what has no calls stands below what has', () => {
  const arrangement = layout(meshOf('a>b lonely other'))
  const bottom = Math.max(at(arrangement, 'a').y, at(arrangement, 'b').y)
  expect(at(arrangement, 'lonely').y).toBeGreaterThan(bottom + CARD.height)
  expect(at(arrangement, 'other').y).toBe(at(arrangement, 'lonely').y)
})

test('a layer that would be a tower is split', () => {
  const leaves = Array.from({ length: 60 }, (_, i) => `hub>leaf${i}`).join(' ')
  const points = [...layout(meshOf(leaves)).places.values()]
  const span = (values: number[]) => Math.max(...values) - Math.min(...values)
  const [width, height] = [span(points.map(({ x }) => x)), span(points.map(({ y }) => y))]
  expect(height / width).toBeLessThan(2)
})

test('a chain that is longer than the stack is deep is laid out', () => {
  const chain = Array.from({ length: 20_000 }, (_, i) => i)
  const calls = chain.map(i => ({ id: `${i}`, source: `n${i}`, target: `n${i + 1}` }))
  const { places } = layout({ nodes: [...chain, 20_000].map(i => `n${i}`), edges: calls, entries: [] })
  expect(places.size).toBe(20_001)
})
