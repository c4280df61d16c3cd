// A trace in which everything is odd that a real one can be: to develop and test the trace view against.

import type { SchemaTracesData } from '../src/api/schema.d.ts'
import { joined, ofService, otlpSpan, spanId, traceId } from './otlp.ts'

export const ODD_TRACE = traceId(0x0dd)
const MS = 1_000_000n

/** Everything that OTLP can say of a span, and spans with clocks, parents and ids that are wrong. */
export function oddTrace(start: bigint): SchemaTracesData {
  const span = (id: number, name: string, fields: Parameters<typeof otlpSpan>[3]) =>
    otlpSpan(ODD_TRACE, spanId(id), name, fields)
  const at = (ms: number) => start + BigInt(ms) * MS
  return joined([
    ofService('gateway', [
      span(1, 'GET /everything', {
        start: at(0),
        end: at(120),
        kind: 'server',
        attributes: everyType(),
        rest: rest(start),
      }),
      span(2, 'inventory', { parent: spanId(1), start: at(10), end: at(60), kind: 'client' }),
    ]),
    ofService('inventory', [
      // Zipkin's shared spans: both halves have one id.
      span(2, 'GET /stock', { parent: spanId(1), start: at(15), end: at(55), kind: 'server' }),
      span(3, 'a clock that is behind', { parent: spanId(2), start: at(-40), end: at(-5), kind: 'internal' }),
      span(4, 'ends before it starts', { parent: spanId(2), start: at(50), end: at(45) }),
      span(5, 'never ended', { parent: spanId(2), start: at(52), end: undefined }),
      span(6, 'never started', { parent: spanId(2), start: undefined, end: undefined }),
    ]),
    ofService(null, [
      span(7, 'a parent that did not come', {
        parent: spanId(0x77),
        start: at(30),
        end: at(90),
        error: 'lost',
      }),
      span(8, 'round', { parent: spanId(9), start: at(70), end: at(80) }),
      span(9, 'and round', { parent: spanId(8), start: at(72), end: at(78) }),
      span(10, '', { parent: spanId(1), start: at(118), end: at(140) }),
      span(11, 'a name so long that no column can hold it '.repeat(6).trim(), {
        parent: spanId(1),
        start: at(1),
        end: at(2),
      }),
    ]),
  ])
}

function everyType() {
  return {
    'a.text': 'plain',
    'a.long.text': 'lorem ipsum dolor sit amet '.repeat(12).trim(),
    'a.text.of.lines': 'first\n  second\nthird',
    'a.whole.number': 9_007_199_254_740_991,
    'a.number': 0.1,
    'a.truth': true,
    nothing: null,
    'a.list': ['x', 1, false],
    'a.map': { inner: { deep: 'y' }, list: [] },
    'an.empty.text': '',
  }
}

function rest(start: bigint) {
  return {
    traceState: 'vendor=value',
    flags: 257,
    droppedAttributesCount: 3,
    droppedEventsCount: 1,
    events: [
      {
        name: 'cache miss',
        timeUnixNano: String(start + 5n * MS),
        attributes: [{ key: 'key', value: { stringValue: 'sku-7' } }],
      },
      { name: 'an event without a time' },
    ],
    links: [
      {
        traceId: traceId(0xabc),
        spanId: spanId(0xdef),
        attributes: [{ key: 'why', value: { stringValue: 'batch' } }],
      },
    ],
  }
}
