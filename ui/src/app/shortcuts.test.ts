// @vitest-environment happy-dom
import { expect, test } from 'vitest'
import { type Action, belongsToTarget, match, SHORTCUTS } from './shortcuts.ts'

const press = (key: string, modifiers = {}) => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  ...modifiers,
})
const all = Object.keys(SHORTCUTS) as Action[]

test('a key is its action among those that listen', () => {
  expect(match(['help', 'nextSpan'], '', press('j'))).toEqual({
    kind: 'action',
    action: 'nextSpan',
    key: 'j',
  })
  expect(match(['help', 'nextTrace'], '', press('j'))).toEqual({
    kind: 'action',
    action: 'nextTrace',
    key: 'j',
  })
  expect(match(['help'], '', press('j'))).toEqual({ kind: 'none' })
})

test('a sequence takes two keys, and a key that does not continue it counts by itself', () => {
  expect(match(all, '', press('g'))).toEqual({ kind: 'pending', keys: 'g' })
  expect(match(all, 'g', press('t'))).toEqual({ kind: 'action', action: 'goTopology', key: 'g t' })
  expect(match(all, 'g', press('?'))).toEqual({ kind: 'action', action: 'help', key: '?' })
  expect(match(all, '', press('x'))).toEqual({ kind: 'none' })
})

test('Ctrl or ⌘ with a key is one key, and not the letter', () => {
  for (const modifier of ['ctrlKey', 'metaKey']) {
    const palette = { kind: 'action', action: 'palette', key: 'Mod+k' }
    expect(match(all, '', press('k', { [modifier]: true }))).toEqual(palette)
    expect(match(all, 'g', press('k', { [modifier]: true }))).toEqual(palette)
    expect(match(all, '', press('g', { [modifier]: true }))).toEqual({ kind: 'none' })
  }
  expect(match(all, '', press('k', { altKey: true, ctrlKey: true }))).toEqual({ kind: 'none' })
  expect(match(['palette'], '', press('k'))).toEqual({ kind: 'none' })
})

test('a sequence may end with a key that buttons have', () => {
  expect(match(all, 't', press('ArrowLeft'))).toMatchObject({ action: 'timeBack' })
  document.body.innerHTML = '<button id=b>x</button><input id=i>'
  const belongs = (id: string, pending: string, modifiers = {}) =>
    belongsToTarget(press('ArrowLeft', modifiers), document.getElementById(id), pending)
  expect([belongs('b', ''), belongs('b', 't'), belongs('i', 't')]).toEqual([true, false, true])
  expect(belongs('i', '', { ctrlKey: true })).toBe(false)
})

test('Space and Enter press what has the focus, whatever was begun', () => {
  document.body.innerHTML = '<button id=b>x</button>'
  const button = document.getElementById('b')
  expect([' ', 'Enter'].map(key => belongsToTarget(press(key), button, 'g'))).toEqual([true, true])
})

test('the browser keeps its own shortcuts', () => {
  for (const modifier of ['ctrlKey', 'metaKey', 'altKey']) {
    expect(match(all, '', press('j', { [modifier]: true }))).toEqual({ kind: 'none' })
  }
})

test('no key means two things at a time', () => {
  const groups = ['Topology', 'Traces', 'Trace']
  for (const group of groups) {
    const here = Object.values(SHORTCUTS).filter(({ group: of }) =>
      ['Everywhere', 'Time', group].includes(of),
    )
    const keys = here.flatMap(({ keys }) => [...keys])
    expect(keys).toEqual([...new Set(keys)])
  }
})

test('who types, types', () => {
  document.body.innerHTML = `<input id=i><button id=b>x</button><main id=m></main>
    <div role=dialog><p id=d>y</p></div><div role=menu><p id=o>z</p></div>`
  const belongs = (id: string, key: string) => belongsToTarget(press(key), document.getElementById(id))
  expect([belongs('i', 'j'), belongs('i', '?'), belongs('o', 'j')]).toEqual([true, true, true])
  expect([belongs('b', 'j'), belongs('b', ' '), belongs('b', 'Enter')]).toEqual([false, true, true])
  expect([belongs('m', 'j'), belongs('m', ' ')]).toEqual([false, false])
  expect([belongs('d', 'j'), belongs('d', '?')]).toEqual([true, false])
})
