import { expect, test } from 'vitest'
import { edge, graph, node } from '../test/graph.ts'
import { randomMesh, randomOf } from '../test/random.ts'
import {
  fitted,
  inView,
  pulled,
  readCamera,
  resized,
  revealing,
  toDrawing,
  toScreen,
  writeCamera,
  zoomedAt,
} from './camera.ts'
import { type Curve, curveOf, distanceTo, pointAlong, pointsOf } from './curve.ts'
import { CARD, cardBox, contains, overlaps } from './geometry.ts'
import { hitAt, nextTo } from './hit.ts'
import { placedLabels } from './labels.ts'
import { layout } from './layout/layout.ts'
import { type Scene, sceneOf, widthOf } from './scene.ts'
import { insetAt } from './shape.ts'

const VIEW = { width: 800, height: 600 }

/** A scene of a random mesh. */
function randomScene(seed: number, size = 30, calls = 70): Scene {
  const mesh = randomMesh(seed, size, calls, 0.1)
  const edges = mesh.edges.map(({ id, source, target }) => edge(source, target, { id }))
  const arrangement = layout(mesh)
  return sceneOf(
    graph(
      mesh.nodes.map(id => node(id)),
      edges,
    ),
    arrangement,
  )
}

const sceneOfEdges = (edges: ReturnType<typeof edge>[]) => {
  const ids = [...new Set(edges.flatMap(({ source, target }) => [source, target]))]
  return sceneOf(
    graph(
      ids.map(id => node(id)),
      edges,
    ),
    layout({ nodes: ids, edges, entries: [] }),
  )
}

test('a point of the drawing and a point of the view are each other’s', () => {
  const random = randomOf(1)
  for (let round = 0; round < 50; round += 1) {
    const camera = { x: random() * 1000, y: random() * 1000, zoom: 0.1 + random() * 2 }
    const point = { x: random() * 800, y: random() * 600 }
    const back = toScreen(camera, VIEW, toDrawing(camera, VIEW, point))
    expect(back.x).toBeCloseTo(point.x)
    expect(back.y).toBeCloseTo(point.y)
    const nearer = zoomedAt(camera, VIEW, point, 1.4)
    const same = toDrawing(nearer, VIEW, point)
    expect(same.x).toBeCloseTo(toDrawing(camera, VIEW, point).x)
    expect(same.y).toBeCloseTo(toDrawing(camera, VIEW, point).y)
  }
})

test('everything fits, and a small mesh is not blown up', () => {
  const bounds = { left: -500, top: 100, right: 4000, bottom: 900 }
  const seen = inView(fitted(bounds, VIEW), VIEW)
  expect(seen.left).toBeLessThan(bounds.left)
  expect(seen.right).toBeGreaterThan(bounds.right)
  expect(fitted({ left: 0, top: 0, right: 10, bottom: 10 }, VIEW).zoom).toBeLessThan(1.2)
})

test('a camera moves no further than it must to show a node', () => {
  const camera = { x: 0, y: 0, zoom: 1 }
  expect(revealing(camera, VIEW, cardBox({ x: 100, y: 100 }))).toEqual(camera)
  const moved = revealing(camera, VIEW, cardBox({ x: 900, y: 0 }))
  expect(moved.y).toBe(0)
  expect(inView(moved, VIEW).right).toBeGreaterThan(900 + CARD.width / 2)
  expect(inView(moved, VIEW).right).toBeLessThan(900 + CARD.width)
})

test('a panel that opens moves nothing', () => {
  const camera = { x: 10, y: 20, zoom: 0.7 }
  const narrow = { width: 500, height: 600 }
  const point = { x: 33, y: 44 }
  expect(toScreen(resized(camera, VIEW, narrow), narrow, point)).toEqual(toScreen(camera, VIEW, point))
})

test('a camera survives the way through the URL, and nonsense is none', () => {
  expect(readCamera(writeCamera({ x: 12.4, y: -7, zoom: 0.51234 }))).toEqual({ x: 12, y: -7, zoom: 0.512 })
  expect(pulled({ x: 0, y: 0, zoom: 2 }, 10, -10)).toEqual({ x: -5, y: 5, zoom: 2 })
  for (const text of [undefined, '', '1,2', '1,2,3,4', 'a,b,c', '1,2,0', '1,2,-3'])
    expect(readCamera(text)).toBeNull()
})

test.each([1, 2, 3])('every line begins at its source and ends at its target', seed => {
  const scene = randomScene(seed)
  for (const { source, target, curve } of scene.edges) {
    const end = pointsOf(curve).at(-1)
    const [from, to] = [scene.nodeById.get(source), scene.nodeById.get(target)]
    if (end === undefined || from === undefined || to === undefined) throw new Error('a line without ends')
    expect(contains(cardBox(from.place, 1), curve.start)).toBe(true)
    expect(contains(cardBox(to.place, 1), end)).toBe(true)
  }
})

test.each([1, 2, 3])('what is pressed is what lies there: a card, a line, or nothing', seed => {
  const scene = randomScene(seed)
  for (const { id, place } of scene.nodes) expect(hitAt(scene, place, 7, 1)).toEqual({ kind: 'node', id })
  for (const { curve } of scene.edges) {
    const middle = pointAlong(curve, 0.5)
    const target = hitAt(scene, middle, 7, 1)
    const isOnCard = scene.nodes.some(({ place }) => contains(cardBox(place), middle))
    expect(target?.kind).toBe(isOnCard ? 'node' : 'edge')
    if (target?.kind === 'edge') {
      const found = scene.edgeById.get(target.id)
      expect(distanceTo(found?.curve as Curve, middle)).toBeLessThan(1)
    }
  }
  expect(hitAt(scene, { x: -10_000, y: 0 }, 7, 1)).toBeNull()
})

test('there and back, and calls of two protocols, are lines of their own', () => {
  const scene = sceneOfEdges([
    edge('a', 'b', { id: '1' }),
    edge('a', 'b', { id: '2', protocol: 'grpc' }),
    edge('b', 'a', { id: '3' }),
  ])
  const heights = ['1', '2', '3'].map(id => pointAlong(scene.edgeById.get(id)?.curve as Curve, 0.5).y)
  expect(new Set(heights.map(Math.round)).size).toBe(3)
})

test('a line does not depend on other lines', () => {
  const few = sceneOfEdges([edge('a', 'b'), edge('b', 'c')])
  const place = (id: string) => few.nodeById.get(id)?.place ?? { x: 0, y: 0 }
  const end = (id: string) => ({ place: place(id), kind: 'service' as const })
  expect(few.edgeById.get('a>b')?.curve).toEqual(curveOf(end('a'), end('b'), [], 0))
})

test.each([1, 2, 3])('no label lies on a card or on another label', seed => {
  const scene = randomScene(seed, 40, 120)
  const labels = placedLabels(scene.edges, scene.nodes, () => 70)
  expect(labels.length).toBeGreaterThan(10)
  for (const [at, { box }] of labels.entries()) {
    expect(labels.slice(at + 1).some(other => overlaps(box, other.box))).toBe(false)
    expect(scene.nodes.some(({ place }) => overlaps(box, cardBox(place)))).toBe(false)
  }
})

test('arrows lead to the neighbour in their direction, and back', () => {
  const scene = sceneOfEdges([edge('a', 'b'), edge('a', 'c'), edge('b', 'd'), edge('c', 'd')])
  expect(nextTo(scene, 'b', 'left')?.id).toBe('a')
  expect(nextTo(scene, 'b', 'right')?.id).toBe('d')
  expect(nextTo(scene, 'a', 'left')).toBeNull()
  const below = nextTo(scene, 'b', 'down') ?? nextTo(scene, 'b', 'up')
  expect(below?.id).toBe('c')
  for (const { id } of scene.nodes) {
    for (const direction of ['left', 'right', 'up', 'down'] as const) {
      const next = nextTo(scene, id, direction)
      if (next === null) continue
      const [from, to] = [scene.nodeById.get(id)?.place ?? next.place, next.place]
      const shift = { left: from.x - to.x, right: to.x - from.x, up: from.y - to.y, down: to.y - from.y }
      expect(shift[direction]).toBeGreaterThan(0)
    }
  }
})

test('a line is as wide as its rate, and as red as its health', () => {
  expect(widthOf(0)).toBeLessThan(widthOf(1))
  expect(widthOf(1)).toBeLessThan(widthOf(100))
  const tone = (fields: object) => sceneOfEdges([edge('a', 'b', fields)]).edges[0]?.tone
  expect(tone({ health: 'healthy' })).toBe('quiet')
  expect(tone({ health: 'degraded' })).toBe('warn')
  expect(tone({ health: 'failing' })).toBe('bad')
  expect(tone({ health: 'idle' })).toBe('idle')
})

test('a database is named by its name, and its system stands below', () => {
  const name = (id: string, fields: object) => {
    const scene = sceneOf(graph([node(id, fields)]), layout({ nodes: [id], edges: [], entries: [] }))
    return [scene.nodes[0]?.name, scene.nodes[0]?.scope]
  }
  expect(name('database:redis/sessions', { name: 'redis/sessions', kind: 'database' })).toEqual([
    'sessions',
    'redis',
  ])
  expect(name('external:api.example', { name: 'api.example', kind: 'external' })).toEqual([
    'api.example',
    'external',
  ])
  expect(name('shop/web', {})).toEqual(['web', 'shop'])
  expect(name('_', { name: null })).toEqual(['not known', ''])
  expect(name('shop/_', { name: null })).toEqual(['unnamed', 'shop'])
})

test('trouble is drawn over what is well', () => {
  const scene = sceneOfEdges([
    edge('a', 'b', { error_rate: 0.5 }),
    edge('b', 'c', { rate: 1000 }),
    edge('c', 'd', { error_rate: 0.02 }),
  ])
  expect(scene.edges.map(({ id }) => id)).toEqual(['b>c', 'c>d', 'a>b'])
})

test('what is not known of encryption has no lock', () => {
  const lock = (mtls: number | null) => sceneOfEdges([edge('a', 'b', { mtls })]).edges[0]?.lock
  expect([lock(1), lock(0.99), lock(0), lock(null)]).toEqual(['closed', 'open', 'open', null])
})

test('lines end at the outline, not at its box', () => {
  expect(insetAt('service', 20)).toBe(0)
  for (const kind of ['gateway', 'queue', 'external'] as const) {
    expect(insetAt(kind, CARD.height / 2)).toBeGreaterThan(insetAt(kind, 0))
    expect(insetAt(kind, -20)).toBe(insetAt(kind, 20))
  }
})
