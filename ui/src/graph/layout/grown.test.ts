import { expect, test } from 'vitest'
import { meshOf, randomMesh, randomOf } from '../../test/random.ts'
import { cardBox, overlaps } from '../geometry.ts'
import { grown } from './grown.ts'
import { layout } from './layout.ts'
import type { Arrangement, Mesh } from './mesh.ts'

/** Some nodes gone and some new, each with calls. */
function changed(mesh: Mesh, seed: number): Mesh {
  const random = randomOf(seed)
  const kept = mesh.nodes.filter(() => random() > 0.1)
  const come = Array.from({ length: 8 }, (_, i) => `new${seed}-${i}`)
  const nodes = [...kept, ...come]
  const inside = new Set(nodes)
  const some = () => nodes[Math.floor(random() * nodes.length)] ?? ''
  const edges = [
    ...mesh.edges.filter(({ source, target }) => inside.has(source) && inside.has(target)),
    ...come.flatMap(id => [
      { id: `${id}>`, source: id, target: some() },
      { id: `>${id}`, source: some(), target: id },
    ]),
  ]
  return { nodes, edges, entries: mesh.entries }
}

function meetings({ places }: Arrangement): number {
  const boxes = [...places.values()].map(place => cardBox(place))
  return boxes.reduce(
    (sum, box, i) => sum + boxes.slice(i + 1).filter(other => overlaps(box, other)).length,
    0,
  )
}

test.each([1, 2, 3, 4, 5])('who stays does not move, and who comes stands on nobody (seed %d)', seed => {
  let mesh = randomMesh(seed, 60, 150, 0.1)
  let arrangement = layout(mesh)
  for (let round = 0; round < 6; round += 1) {
    mesh = changed(mesh, seed * 100 + round)
    const next = grown(arrangement, mesh)
    for (const id of mesh.nodes) {
      const [before, now] = [arrangement.places.get(id), next.places.get(id)]
      expect(now).toBeDefined()
      if (before !== undefined) expect(now).toEqual(before)
    }
    expect(meetings(next)).toBe(0)
    arrangement = next
  }
})

test('without a change of nodes and calls it is the same picture', () => {
  const mesh = randomMesh(4, 30, 60)
  const arrangement = layout(mesh)
  expect(grown(arrangement, { ...mesh, edges: mesh.edges.map(edge => ({ ...edge })) })).toBe(arrangement)
})

test('who comes stands behind its caller, else before whom it calls', () => {
  const arrangement = layout(meshOf('a>b b>c'))
  const { places } = grown(arrangement, meshOf('a>b b>c b>d e>b'))
  const x = (id: string) => places.get(id)?.x ?? Number.NaN
  expect(x('d')).toBe(x('c'))
  expect(x('e')).toBe(x('a'))
})

test('who comes back stands where it stood', () => {
  const mesh = meshOf('a>b a>c')
  const first = layout(mesh)
  const without = grown(first, meshOf('a>b b>d'))
  const again = grown(without, meshOf('a>b b>d a>c'))
  expect(again.places.get('c')).toEqual(first.places.get('c'))
  expect(meetings(again)).toBe(0)
  expect([first, without, again].map(({ newcomers }) => newcomers)).toEqual([0, 1, 1])
})

test('those who went away are not remembered without a bound', () => {
  let arrangement = layout(meshOf('a>b'))
  for (let round = 0; round < 30; round += 1) {
    const come = Array.from({ length: 20 }, (_, i) => `a>r${round}x${i}`).join(' ')
    arrangement = grown(arrangement, meshOf(`a>b ${come}`))
  }
  expect(arrangement.places.size).toBeLessThan(250)
})

test('a mesh of others begins anew', () => {
  const other = meshOf('x>y')
  expect(grown(layout(meshOf('a>b')), other)).toEqual(layout(other))
})

test('it does not matter in which order newcomers are listed', () => {
  const before = layout(meshOf('a>b'))
  const mesh = meshOf('a>b b>p b>q q>r s')
  const reversed = { ...mesh, nodes: mesh.nodes.toReversed(), edges: mesh.edges.toReversed() }
  expect([...grown(before, reversed).places].sort()).toEqual([...grown(before, mesh).places].sort())
})
