import { expect, test } from 'vitest'
import { spanId, traceOf } from '../test/trace.ts'
import { foldedToLevel, foldingOf, isOpen, revealed, searchOfFolding, shownEntries, toggled } from './fold.ts'

/** `1 > 2 > 3`, and `4` beside `2`. */
const trace = traceOf([{ id: 1 }, { id: 2, parent: 1 }, { id: 3, parent: 2 }, { id: 4, parent: 1 }])
const everything = foldedToLevel(undefined)

test('at first everything is open', () => {
  expect(shownEntries(trace, everything)).toEqual([0, 1, 2, 3])
})

test('a closed span hides all that is below it', () => {
  expect(shownEntries(trace, toggled(everything, spanId(2)))).toEqual([0, 1, 3])
  expect(shownEntries(trace, toggled(everything, spanId(1)))).toEqual([0])
})

test('what is toggled twice is as before', () => {
  expect(toggled(toggled(everything, spanId(2)), spanId(2))).toEqual(everything)
})

test('a level opens no deeper, but for spans that were opened', () => {
  const level = foldedToLevel(2)
  expect(shownEntries(trace, foldedToLevel(1))).toEqual([0])
  expect(shownEntries(trace, level)).toEqual([0, 1, 3])
  expect(shownEntries(trace, toggled(level, spanId(2)))).toEqual([0, 1, 2, 3])
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
  const folding = revealed(trace, closed, 2)
  expect(shownEntries(trace, folding)).toContain(2)
  expect(folding.folded.has('elsewhere')).toBe(true)
  expect(revealed(trace, everything, 2)).toBe(everything)
})

test('a very large trace opens to a few levels, unless asked for more', () => {
  const deep = [{ id: 1 }, { id: 2, parent: 1 }, { id: 3, parent: 2 }, { id: 4, parent: 3 }]
  const rest = Array.from({ length: 50_000 }, (_, i) => ({ id: 10 + i, parent: 1 }))
  const large = traceOf([...deep, ...rest])
  expect(isOpen(large, everything, 2)).toBe(false)
  expect(shownEntries(large, everything)).toHaveLength(50_003)
  expect(isOpen(large, foldedToLevel(9), 2)).toBe(true)
})
