import { expect, test } from 'vitest'
import { spanId, traceOf } from '../test/trace.ts'
import { foldedToLevel, foldingOf, isOpen, revealed, searchOfFolding, shownPlaces, toggled } from './fold.ts'
import { treeOf } from './tree.ts'

/** `1 > 2 > 3`, and `4` beside `2`. */
const tree = treeOf(
  traceOf([{ id: 1 }, { id: 2, parent: 1 }, { id: 3, parent: 2 }, { id: 4, parent: 1 }]).spans,
)
const everything = foldedToLevel(undefined)

test('at first everything is open', () => {
  expect(shownPlaces(tree, everything)).toEqual([0, 1, 2, 3])
})

test('a closed span hides all that is below it', () => {
  expect(shownPlaces(tree, toggled(everything, spanId(2)))).toEqual([0, 1, 3])
  expect(shownPlaces(tree, toggled(everything, spanId(1)))).toEqual([0])
})

test('what is toggled twice is as before', () => {
  expect(toggled(toggled(everything, spanId(2)), spanId(2))).toEqual(everything)
})

test('a level opens no deeper, but for spans that were opened', () => {
  const level = foldedToLevel(2)
  expect(shownPlaces(tree, foldedToLevel(1))).toEqual([0])
  expect(shownPlaces(tree, level)).toEqual([0, 1, 3])
  expect(shownPlaces(tree, toggled(level, spanId(2)))).toEqual([0, 1, 2, 3])
})

test('a folding survives the way through the URL', () => {
  for (const folding of [everything, foldedToLevel(3), toggled(toggled(foldedToLevel(2), 'a'), 'b~2')]) {
    const { depth, fold } = searchOfFolding(folding)
    const search = { ...(depth === undefined ? {} : { depth }), ...(fold === undefined ? {} : { fold }) }
    expect(foldingOf(search)).toEqual(folding)
  }
})

test('what hides a span is opened, and nothing else', () => {
  const closed = toggled(foldedToLevel(1), 'elsewhere')
  const folding = revealed(tree, closed, 2)
  expect(shownPlaces(tree, folding)).toContain(2)
  expect(folding.folded.has('elsewhere')).toBe(true)
  expect(revealed(tree, everything, 2)).toBe(everything)
})

test('a very large trace opens to a few levels, unless asked for more', () => {
  const deep = [{ id: 1 }, { id: 2, parent: 1 }, { id: 3, parent: 2 }, { id: 4, parent: 3 }]
  const rest = Array.from({ length: 50_000 }, (_, i) => ({ id: 10 + i, parent: 1 }))
  const large = treeOf(traceOf([...deep, ...rest]).spans)
  const third = large.nodes[2]
  if (third === undefined) throw new Error('there is no third node')
  expect(isOpen(large, everything, third)).toBe(false)
  expect(shownPlaces(large, everything)).toHaveLength(50_003)
  expect(isOpen(large, foldedToLevel(9), third)).toBe(true)
})
