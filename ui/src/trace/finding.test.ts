// @vitest-environment happy-dom
import { expect, test } from 'vitest'
import { partOf, wholeOf } from '../../mock/columns.ts'
import { sourceOf, tracePart } from '../../mock/trace-parts.ts'
import type { SpanMatches } from '../api/trace-columns.ts'
import { dataOf, type Line, spanId } from '../test/trace.ts'
import { readTrace } from './columns.ts'
import { readMatches, saysSomething } from './finding.ts'
import { rowsWith } from './sight.ts'

/** `1 > 2`, of which 2 is two halves, and `3 > 4`. */
const LINES: Line[] = [
  { id: 1, name: 'root' },
  { id: 2, parent: 1, name: 'call', kind: 'client' },
  { id: 2, parent: 1, name: 'called', kind: 'server', start: 3 },
  { id: 3, parent: 1, name: 'other', start: 4 },
  { id: 4, parent: 3, name: 'last call', start: 5 },
]

function check(text: string, rowsMax: number) {
  const data = dataOf(LINES)
  const answer = partOf(wholeOf('7', data), {}, rowsMax)
  if (answer === null) throw new Error('there is a part of it')
  const found = tracePart(sourceOf('7', data), 'matches', new URLSearchParams({ text })) as SpanMatches
  const { flags, ...rest } = readMatches(readTrace(answer), found)
  return { rows: rowsWith(flags), ...rest }
}

test('what is found is known by id and kind', () => {
  expect(check('called', 9)).toEqual({ rows: [2], count: 1, known: 1, missing: 0, firstMissing: undefined })
  expect(check('call', 9).rows).toEqual([1, 2, 4])
  expect(check('nothing has this', 9)).toMatchObject({ rows: [], count: 0 })
})

test('what is found and not there is counted', () => {
  expect(check('call', 3)).toEqual({ rows: [1], count: 3, known: 3, missing: 2, firstMissing: spanId(2) })
})

test.each(['', '  ', '-', '""', '- '])('who has typed "%s" looks for nothing', text => {
  expect(saysSomething(text)).toBe(false)
})
