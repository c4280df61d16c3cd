import { expect, test } from 'vitest'
import { finderOf, wordsOf } from './find.ts'
import { ofService, otlpSpan, spanId, traceId } from './otlp.ts'
import { readTrace } from './span.ts'

const [span] = readTrace(
  ofService(
    'Cart',
    [
      otlpSpan(traceId(1), spanId(0xabc), 'GET /cart/{user}', {
        start: 1n,
        end: 2n,
        kind: 'client',
        error: 'Out of stock',
        attributes: { 'http.route': '/cart/{user}', 'http.response.status_code': 503, 'a b': 'c d' },
        rest: {
          events: [{ name: 'cache miss', attributes: [{ key: 'key', value: { stringValue: 'sku-7' } }] }],
        },
      }),
    ],
    { 'host.name': 'node-7' },
  ),
).spans
const found = (text: string) => span !== undefined && finderOf(wordsOf(text))(span)

test.each([
  'cart',
  'GET',
  'get /CART',
  'abc',
  '503',
  'node-7',
  'stock',
  'sku-7',
  'http.route',
  'host.name',
  'host.name=NODE',
  '-host.name=other',
  'http.route=/cart',
  'HTTP.Response.Status_Code=503',
  'service=cart name=get',
  'status=error kind=client',
  'message="out of stock"',
  '"out of stock"',
  'event=miss',
  '-redis',
  'cart -redis',
  '-http.route=/orders',
])('%s finds the span', text => {
  expect(found(text)).toBe(true)
})

test.each([
  'redis',
  'cart redis',
  'http.route=503',
  'name=503',
  'service=cart -get',
  '-http.route',
  '-status=error',
  '"stock out"',
  'http=503',
])('%s does not', text => {
  expect(found(text)).toBe(false)
})

test('who has typed nothing that says something looks for nothing', () => {
  for (const text of ['', '  ', '-', '""', '- ']) expect(wordsOf(text)).toEqual([])
})

test('words are taken apart', () => {
  expect(wordsOf('-key="a b" =x c=')).toEqual([
    { text: 'a b', key: 'key', isExcluded: true },
    { text: '=x', key: null, isExcluded: false },
    { text: 'c=', key: null, isExcluded: false },
  ])
})
