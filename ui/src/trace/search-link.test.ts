import { expect, test } from 'vitest'
import type { SchemaAnyValue } from '../api/schema.d.ts'
import { questionFor } from './search-link.ts'

test.each<[string, SchemaAnyValue, string | null]>([
  ['http.route', { stringValue: '/cart/{user}' }, '{ span.http.route = "/cart/{user}" }'],
  ['a', { stringValue: 'say "x"\\\n' }, '{ span.a = "say \\"x\\"\\\\\\n" }'],
  ['a', { stringValue: '' }, '{ span.a = "" }'],
  ['guid:x-request-id', { stringValue: 'u' }, '{ span."guid:x-request-id" = "u" }'],
  ['a "b', { intValue: '-7' }, '{ span."a \\"b" = -7 }'],
  ['n', { intValue: '9007199254740993' }, '{ span.n = 9007199254740993 }'],
  ['n', { doubleValue: 2 }, '{ span.n = 2.0 }'],
  ['n', { doubleValue: 0.25 }, '{ span.n = 0.25 }'],
  ['n', { doubleValue: 1e-7 }, null],
  ['n', { doubleValue: 'NaN' }, null],
  ['ok', { boolValue: false }, '{ span.ok = false }'],
  ['list', { arrayValue: { values: [{ intValue: '1' }] } }, null],
  ['map', { kvlistValue: { values: [] } }, null],
  ['nothing', {}, null],
])('%s of %j', (key, value, expected) => {
  expect(questionFor('span', key, value)).toBe(expected)
})
