import { expect, test } from 'vitest'
import { meshGraph } from '../../../mock/mesh.ts'
import { randomMesh, randomOf, shuffled } from '../../test/random.ts'
import { type Box, cardBox, contains, overlaps, type Point } from '../geometry.ts'
import { grown, moved } from './grown.ts'
import { layout } from './layout.ts'
import type { Arrangement, Mesh } from './mesh.ts'

/** A random mesh of which each node is in one of some namespaces, or in none. */
function inNamespaces(mesh: Mesh, count: number, seed: number): Mesh {
  const random = randomOf(seed)
  const namespaces = new Map<string, string>()
  for (const id of mesh.nodes) {
    const at = Math.floor(random() ** 1.6 * (count + 1))
    if (at < count) namespaces.set(id, `ns${at}`)
  }
  return { ...mesh, namespaces }
}

/** The mock's mesh, whose calls mostly stay in their namespace. */
function mockMesh(size: number, tick = 0): Mesh {
  const { nodes, edges, entry_points } = meshGraph(size, tick)
  const namespaces = new Map(
    nodes.flatMap(({ id, namespace }) => (namespace === null ? [] : [[id, namespace]])),
  )
  return { nodes: nodes.map(({ id }) => id), edges, entries: entry_points, namespaces }
}

const MESHES: [string, Mesh][] = [
  ...[1, 2, 3, 4].map((seed): [string, Mesh] => [
    `random ${seed}`,
    inNamespaces(randomMesh(seed, 40, 90, 0.1), 5, seed),
  ]),
  ['of one namespace with 300 services', inNamespaces(randomMesh(5, 300, 900, 0.02), 1, 5)],
  [
    'of a cycle through namespaces',
    {
      nodes: ['a', 'b', 'c', 'd'],
      edges: ['a>b', 'b>c', 'c>a', 'a>a', 'd>d'].map(id => ({
        id,
        source: id.charAt(0),
        target: id.charAt(2),
      })),
      entries: ['a'],
      namespaces: new Map([
        ['a', 'x'],
        ['b', 'y'],
        ['c', 'z'],
        ['d', 'x'],
      ]),
    },
  ],
  ['of 100 services', mockMesh(100)],
  ['of 1,000 services', mockMesh(1000)],
]

function pairs<Value>(values: readonly Value[]): [Value, Value][] {
  return values.flatMap((a, at) => values.slice(at + 1).map((b): [Value, Value] => [a, b]))
}

/** Cards that meet another; found along the left sides, because a thousand have half a million pairs. */
function meetings(boxes: readonly Box[]): number {
  const sorted = boxes.toSorted((a, b) => a.left - b.left)
  let count = 0
  for (const [at, box] of sorted.entries()) {
    for (let next = at + 1; (sorted[next]?.left ?? Number.POSITIVE_INFINITY) < box.right; next += 1) {
      const other = sorted[next]
      if (other !== undefined && overlaps(box, other)) count += 1
    }
  }
  return count
}

/** Nothing stands where it must not. */
function expectOrder({ places, boxes, homes }: Arrangement, nodes: readonly string[]) {
  const place = (id: string): Point => places.get(id) ?? { x: Number.NaN, y: Number.NaN }
  const all = [...boxes].flatMap(([namespace, own]) => own.map(box => ({ namespace, box })))
  expect(nodes.filter(id => Number.isNaN(place(id).x))).toEqual([])
  expect(meetings(nodes.map(id => cardBox(place(id))))).toBe(0)
  expect(pairs(all).filter(([a, b]) => overlaps(a.box, b.box))).toEqual([])
  const strangers = nodes.filter(id =>
    all.some(({ namespace, box }) => namespace !== homes.get(id) && overlaps(box, cardBox(place(id)))),
  )
  expect(strangers).toEqual([])
  const homeless = nodes.filter(id => {
    const home = homes.get(id)
    return home !== undefined && !boxes.get(home)?.some(box => isInside(box, cardBox(place(id))))
  })
  expect(homeless).toEqual([])
}

function isInside(box: Box, { left, top, right, bottom }: Box): boolean {
  return contains(box, { x: left, y: top }) && contains(box, { x: right, y: bottom })
}

test.each(MESHES)('in a mesh %s boxes meet nobody, and everybody is in the own', (_, mesh) => {
  expectOrder(layout(mesh), mesh.nodes)
})

test.each(MESHES)('a mesh %s looks the same however it is listed', (_, mesh) => {
  const random = randomOf(3)
  const other = layout({ ...mesh, nodes: shuffled(mesh.nodes, random), edges: shuffled(mesh.edges, random) })
  const sorted = ({ places, boxes }: Arrangement) => [[...places].sort(), [...boxes].sort()]
  expect(sorted(other)).toEqual(sorted(layout(mesh)))
})

test('what only one namespace calls stands with it, what two call beside them', () => {
  const edges = ['a>d', 'b>d', 'a>q', 'c>q'].map(id => ({ id, source: id.charAt(0), target: id.charAt(2) }))
  const namespaces = new Map([
    ['a', 'x'],
    ['b', 'x'],
    ['c', 'y'],
  ])
  const { homes } = layout({ nodes: ['a', 'b', 'c', 'd', 'q'], edges, entries: [], namespaces })
  expect([homes.get('d'), homes.get('q')]).toEqual(['x', undefined])
})

test('a namespace that is called stands right of the one that calls', () => {
  const edges = [
    { id: '1', source: 'a', target: 'b' },
    { id: '2', source: 'b', target: 'c' },
  ]
  const nodes = ['a', 'b', 'c']
  const { places } = layout({
    nodes,
    edges,
    entries: ['a'],
    namespaces: new Map(nodes.map(id => [id, `of ${id}`])),
  })
  const xs = nodes.map(id => places.get(id)?.x ?? Number.NaN)
  expect(xs).toEqual(xs.toSorted((a, b) => a - b))
})

test.each([1, 2, 3])('services that come and go move nobody, and nothing meets (seed %d)', seed => {
  let mesh = inNamespaces(randomMesh(seed, 60, 150, 0.1), 4, seed)
  let arrangement = layout(mesh)
  for (let round = 0; round < 5; round += 1) {
    const random = randomOf(seed * 50 + round)
    const come = Array.from({ length: 7 }, (_, at) => `new${round}-${at}`)
    const nodes = [...mesh.nodes.filter(() => random() > 0.08), ...come]
    const inside = new Set(nodes)
    const some = () => nodes[Math.floor(random() * nodes.length)] ?? ''
    const edges = [
      ...mesh.edges.filter(({ source, target }) => inside.has(source) && inside.has(target)),
      ...come.map(id => ({ id: `>${id}`, source: some(), target: id })),
    ]
    const namespaces = new Map(mesh.namespaces)
    for (const id of come)
      namespaces.set(id, random() < 0.2 ? `fresh${round}` : `ns${Math.floor(random() * 4)}`)
    mesh = { ...mesh, nodes, edges, namespaces }
    const next = grown(arrangement, mesh)
    for (const id of nodes)
      if (arrangement.places.has(id)) expect(next.places.get(id)).toEqual(arrangement.places.get(id))
    expectOrder(next, nodes)
    arrangement = next
  }
})

test('a thousand services that come and go move nobody, and nothing meets', () => {
  let arrangement = layout(mockMesh(1000))
  for (const tick of [3, 6, 9, 12, 30]) {
    const mesh = mockMesh(1000, tick)
    const next = grown(arrangement, mesh)
    expect(next.newcomers).toBeGreaterThan(arrangement.newcomers)
    const stayed = mesh.nodes.filter(id => arrangement.places.has(id))
    expect(stayed.filter(id => next.places.get(id) !== arrangement.places.get(id))).toEqual([])
    expectOrder(next, mesh.nodes)
    arrangement = next
  }
})

test.each([1, 2, 3])(
  'a node that is put elsewhere stands there or as near as there is room (seed %d)',
  seed => {
    const mesh = inNamespaces(randomMesh(seed, 40, 90), 4, seed)
    const random = randomOf(seed)
    let arrangement = layout(mesh)
    for (let round = 0; round < 20; round += 1) {
      const id = mesh.nodes[Math.floor(random() * mesh.nodes.length)] ?? ''
      const before = arrangement
      arrangement = moved(before, id, { x: random() * 2500 - 300, y: random() * 1500 - 300 })
      expectOrder(arrangement, mesh.nodes)
      expect(arrangement.pinned.has(id)).toBe(true)
      const others = mesh.nodes.filter(other => other !== id)
      expect(others.filter(other => arrangement.places.get(other) !== before.places.get(other))).toEqual([])
    }
  },
)

test('where there is room, a node stands just where it was put', () => {
  const mesh = inNamespaces(randomMesh(1, 20, 40), 2, 1)
  const [id = ''] = mesh.nodes
  expect(moved(layout(mesh), id, { x: -4000, y: 50 }).places.get(id)).toEqual({ x: -4000, y: 50 })
})
