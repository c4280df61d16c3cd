import { expect, test } from 'vitest'
import { anyValue, keyValues } from '../../mock/otlp.ts'
import type { SchemaAnyValue } from '../api/schema.d.ts'
import { shownValue } from './value.ts'

test.each<[SchemaAnyValue, string, string]>([
  [{}, 'empty', 'null'],
  [{ stringValue: '' }, 'string', ''],
  [{ stringValue: '{"a": 1}\n  x' }, 'string', '{"a": 1}\n  x'],
  [{ boolValue: false }, 'bool', 'false'],
  [{ intValue: '0' }, 'int', '0'],
  [{ intValue: '-9223372036854775808' }, 'int', '"-9223372036854775808"'],
  [{ doubleValue: 0.1 }, 'double', '0.1'],
  [{ doubleValue: 'NaN' }, 'double', '"NaN"'],
  [{ bytesValue: 'AAEC' }, 'bytes', 'AAEC'],
  [{ arrayValue: {} }, 'array', '[]'],
  [{ kvlistValue: {} }, 'map', '{}'],
])('%o is %s %s', (value, type, text) => {
  expect(shownValue(value)).toEqual({ type, text })
})

test('what is nested is shown to the bottom', () => {
  const value = anyValue({ list: [1, { deep: 'x' }, null], truth: true })
  expect(JSON.parse(shownValue(value).text)).toEqual({ list: [1, { deep: 'x' }, null], truth: true })
})

test('no key is lost for its name', () => {
  const value = {
    kvlistValue: {
      values: keyValues({ a: 1, constructor: 2 }).concat({ key: '__proto__', value: { intValue: '3' } }),
    },
  }
  expect(shownValue(value).text).toContain('"__proto__": 3')
})
