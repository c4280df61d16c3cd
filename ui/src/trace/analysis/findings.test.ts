import { expect, test } from 'vitest'
import { analysisOf } from '../../../mock/analysis.ts'
import { joined, ofService, otlpSpan, type SpanFields, spanId, traceId } from '../../../mock/otlp.ts'
import type { SchemaTraceAnalysis } from '../../api/schema.d.ts'
import { findingsOf } from './findings.ts'
import { sortedWork } from './work.ts'

const START = 1_700_000_000_000_000_000n

const at = (ms: number) => START + BigInt(ms) * 1_000_000n
const span = (service: string, id: number, from: number, to: number, fields: SpanFields = {}) =>
  ofService(service, [
    otlpSpan(traceId(1), spanId(id), `work ${id}`, { start: at(from), end: at(to), ...fields }),
  ])

/** `web` for 100 ms, of which `cart` took 60. */
const plain = () => [
  span('web', 1, 0, 100, { kind: 'server' }),
  span('cart', 2, 10, 70, { kind: 'server', parent: spanId(1) }),
]

const analysis = (...spans: ReturnType<typeof span>[]) => analysisOf('1', joined(spans))

function check(found: SchemaTraceAnalysis, ...expected: string[]) {
  expect(findingsOf(found).map(({ tone, words }) => `${tone}: ${words}`)).toEqual(expected)
}

const LONGEST = 'plain: The trace waited longest for cart work 2 itself: 60.0 ms, 60.0 % of 100 ms'

test('of a trace where all is well only what it waited for is told', () => {
  check(analysis(...plain()), LONGEST)
})

test('errors are told by service', () => {
  const failed = span('db', 3, 20, 21, { parent: spanId(2), error: 'no' })
  const found = findingsOf(analysis(...plain(), failed))[1]
  expect(`${found?.tone}: ${found?.words}`).toBe('bad: 1 span failed: db 1')
})

test('calls that are made again and again are told with who makes them', () => {
  const calls = [0, 1, 2, 3, 4].map(place =>
    ofService('db', [
      otlpSpan(traceId(1), spanId(10 + place), 'SELECT', {
        start: at(20 + place * 5),
        end: at(24 + place * 5),
        parent: spanId(2),
      }),
    ]),
  )
  const found = findingsOf(analysis(...plain(), ...calls))[1]
  expect(found?.words).toBe('cart work 2 calls db SELECT 5 times, one after another, 20.0 ms in all')
  expect([found?.tone, found?.find?.name, found?.spans[0]?.span_id]).toEqual(['warn', 'SELECT', spanId(2)])
})

test('spans whose parent did not come are told, and not again as trees of their own', () => {
  check(
    analysis(...plain(), span('mail', 5, 80, 90, { parent: spanId(0x77) })),
    LONGEST,
    'warn: 1 span has a parent that did not come: at least 1 span is missing',
  )
})

test('a second root is told', () => {
  check(
    analysis(...plain(), span('job', 6, 0, 10)),
    LONGEST,
    "warn: 1 tree of spans beside the root's: it hangs together with nothing",
  )
})

test('clocks that differ are told by service and by how much', () => {
  const early = span('mail', 7, -30, -10, { kind: 'server', parent: spanId(1) })
  const words = findingsOf(analysis(...plain(), early)).map(finding => finding.words)
  expect(words.find(text => text.startsWith('The clock'))).toBe(
    'The clock of mail is 70.0 ms behind that of web, by 1 of 1 call',
  )
})

test('ids of several spans, copies and halves are told', () => {
  const found = analysis(...plain())
  const duplicates = {
    resent_count: 2,
    half_pair_count: 1,
    shared_id_count: 1,
    shared_ids: [{ span_id: 'ab', span_count: 3 }],
  }
  check(
    { ...found, duplicates },
    LONGEST,
    'warn: 1 span id is of several spans, such as ab of 3: a mistake of who sent them',
    'plain: 2 copies of spans came again, and are not counted',
    "plain: 1 call has one id on both sides, as Zipkin's libraries send them",
  )
})

test('work is sorted by any of its numbers, equals as they came', () => {
  const row = (id: string, self_ns: number, span_count: number) => ({
    id,
    operation: { service: id, name: '', kind: 0 },
    work: { self_ns, span_count, error_count: 0, total_ns: 0, critical_ns: 0 },
  })
  const rows = [row('a', 1, 9), row('b', 3, 1), row('c', 3, 5)]
  const by = (column: Parameters<typeof sortedWork>[1]) => sortedWork(rows, column).map(({ id }) => id)
  expect([by('self_ns'), by('span_count'), by('error_count')]).toEqual([
    ['b', 'c', 'a'],
    ['a', 'c', 'b'],
    ['a', 'b', 'c'],
  ])
})
