import { expect, test } from 'vitest'
import { criticalPathOf } from '../../mock/critical-path.ts'
import { ofService, otlpSpan, type SpanFields, spanId, traceId } from '../../mock/otlp.ts'
import type { SchemaCriticalPath } from '../api/schema.d.ts'
import { readAll } from '../test/trace.ts'
import { readPath, timeOnPath } from './critical.ts'
import { keyAt, rowOfKey } from './ids.ts'

const ID = traceId(1)
const START = 1_700_000_000_000_000_000n

type Line = [id: number, parent: number | null, from: number, to: number, fields?: SpanFields]

function traceOf(lines: Line[]) {
  return ofService(
    'shop',
    lines.map(([id, parent, from, to, fields]) =>
      otlpSpan(ID, spanId(id), `span ${id}`, {
        start: START + BigInt(from),
        end: START + BigInt(to),
        ...(parent === null ? {} : { parent: spanId(parent) }),
        ...fields,
      }),
    ),
  )
}

/** The parts as `id: from-to`, and what the page reads out of them. */
function check(lines: Line[], change: (path: SchemaCriticalPath) => SchemaCriticalPath = path => path) {
  const data = traceOf(lines)
  const trace = readAll(data)
  const answer = criticalPathOf(ID, data)
  const path = readPath(change(answer), trace)
  const parts = [...path.parts].flatMap(([row, parts]) =>
    parts.map(
      ({ start, duration }) => `${keyAt(trace, row).replace(/^0+/, '')}: ${start}-${start + duration}`,
    ),
  )
  return { answer, path, trace, parts: parts.sort() }
}

test('the parts are where they are in the trace, and add up to the root', () => {
  // As the picture in docs/critical-path.md.
  const { answer, path, parts, trace } = check([
    [1, null, 0, 100],
    [2, 1, 10, 60],
    [3, 2, 12, 40],
    [4, 1, 70, 98],
  ])
  expect(parts).toEqual(['1: 0-10', '1: 60-70', '1: 98-100', '2: 10-12', '2: 40-60', '3: 12-40', '4: 70-98'])
  expect(answer.segments.reduce((sum, { duration_ns }) => sum + duration_ns, 0)).toBe(100)
  expect(timeOnPath(path, rowOfKey(trace, spanId(1)) ?? -1)).toBe(22)
  expect([...path.flags]).toEqual([1, 1, 1, 1])
})

test('who was still running when the next began is not on it', () => {
  const { path, trace } = check([
    [1, null, 0, 100],
    [2, 1, 10, 90],
    [3, 1, 20, 60],
  ])
  expect(timeOnPath(path, rowOfKey(trace, spanId(3)) ?? -1)).toBe(0)
})

test('a root that is not the first span is where it is', () => {
  const { parts } = check([
    [1, null, 50, 150],
    [2, 9, 0, 20],
  ])
  expect(parts).toEqual(['1: 50-150'])
})

test('of two halves with one id the kind says which is meant', () => {
  const { parts } = check([
    [1, null, 0, 100],
    [2, 1, 10, 90, { kind: 'client' }],
    [2, 1, 20, 80, { kind: 'server' }],
  ])
  expect(parts).toEqual(['1: 0-10', '1: 90-100', '2: 10-20', '2: 80-90', '2~2: 20-80'])
})

test('spans that are not known yet are counted', () => {
  const unknown = { span_id: spanId(77), kind: 1, start_offset_ns: 0, duration_ns: 1 }
  const { path } = check([[1, null, 0, 100]], path => ({ ...path, segments: [...path.segments, unknown] }))
  expect(path.unknown).toBe(1)
})

test('nobody waits for a consumer, and spans of other roots are left out', () => {
  const { answer } = check([
    [1, null, 0, 100],
    [2, 1, 10, 90, { kind: 'consumer' }],
    [3, null, 0, 5],
  ])
  expect(answer.segments).toHaveLength(1)
  expect([answer.left_out, answer.other_root_count]).toEqual([2, 1])
})
