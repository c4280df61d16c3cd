// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { moved } from '../graph/layout/grown.ts'
import { layout } from '../graph/layout/layout.ts'
import { fillStore } from '../test/full-store.ts'
import { meshOf } from '../test/random.ts'
import { keepArrangement, keptArrangement } from './kept-arrangement.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

const mesh = meshOf('a>b b>c a>d')
const namespaces = new Map([
  ['a', 'x'],
  ['b', 'x'],
  ['c', 'y'],
])
const far = { x: 900, y: -700 }

test('a picture comes back as it was left', () => {
  const left = moved(layout({ ...mesh, namespaces }), 'b', far)
  keepArrangement('one', left)
  vi.runAllTimers()
  const back = keptArrangement('one', { ...mesh, namespaces })
  const rounded = ({ x, y }: { x: number; y: number }) => ({ x: Math.round(x), y: Math.round(y) })
  expect([...(back?.places ?? [])]).toEqual([...left.places].map(([id, place]) => [id, rounded(place)]))
  expect(back?.places.get('b')).toEqual(far)
  expect([back?.pinned, back?.homes]).toEqual([left.pinned, left.homes])
  expect(back?.boxes.size).toBe(2)
  expect(keptArrangement('other', mesh)).toBeNull()
})

test('of another mesh, or without boxes, it is another picture', () => {
  keepArrangement('two', layout(mesh))
  vi.runAllTimers()
  expect(keptArrangement('two', { ...mesh, namespaces })).toBeNull()
  expect(keptArrangement('two', meshOf('x>y'))).toBeNull()
  expect(keptArrangement('two', meshOf('a>b b>c a>d b>e'))).not.toBeNull()
})

test('with many newcomers it is laid out anew, unless somebody put a node somewhere', () => {
  const grown = meshOf('a>b b>c a>d c>e c>f c>g')
  keepArrangement('three', layout(mesh))
  keepArrangement('four', moved(layout(mesh), 'b', far))
  vi.runAllTimers()
  expect(keptArrangement('three', grown)).toBeNull()
  expect(keptArrangement('four', grown)?.places.get('b')).toEqual(far)
})

test('what cannot be read is no picture', () => {
  for (const text of [
    '',
    'null',
    '{}',
    '{"places":[["a",null,1]],"ways":[],"homes":[],"boxes":[],"pinned":[],"newcomers":0}',
  ]) {
    localStorage.setItem('spanloom.picture.five', text)
    expect(keptArrangement('five', mesh)).toBeNull()
  }
})

test('of many pictures the newest are kept', () => {
  localStorage.setItem('spanloom.picture.lost', 'not in the index')
  const keep = (name: string) => {
    keepArrangement(name, layout(mesh))
    vi.runAllTimers()
  }
  for (let i = 0; i < 20; i += 1) keep(`many ${i}`)
  // Who comes back to a picture makes it new again.
  keep('many 0')
  keep('last')
  const names = Object.keys(localStorage).filter(name => name.startsWith('spanloom.picture.'))
  expect(names).toHaveLength(20)
  expect(
    ['lost', 'many 0', 'many 1', 'many 2', 'last'].map(name => keptArrangement(name, mesh) !== null),
  ).toEqual([false, true, false, true, true])
})

test('a full store is no failure', () => {
  fillStore()
  keepArrangement('six', layout(mesh))
  expect(() => vi.runAllTimers()).not.toThrow()
  expect(keptArrangement('six', mesh)).toBeNull()
})
