// Attribute values as text, nothing hidden: a string as it is, everything else in JSON's words.

import type { SchemaAnyValue, SchemaKeyValue } from '../api/schema.d.ts'

export type ValueType = 'empty' | 'string' | 'bool' | 'int' | 'double' | 'bytes' | 'array' | 'map'

export interface ShownValue {
  type: ValueType
  text: string
}

export function shownValue(value: SchemaAnyValue): ShownValue {
  const type = typeOf(value)
  if (type === 'string') return { type, text: value.stringValue ?? '' }
  if (type === 'bytes') return { type, text: value.bytesValue ?? '' }
  return { type, text: JSON.stringify(plainOf(value), null, 2) }
}

function typeOf(value: SchemaAnyValue): ValueType {
  if (value.stringValue != null) return 'string'
  if (value.boolValue != null) return 'bool'
  if (value.intValue != null) return 'int'
  if (value.doubleValue != null) return 'double'
  if (value.bytesValue != null) return 'bytes'
  if (value.arrayValue != null) return 'array'
  return value.kvlistValue != null ? 'map' : 'empty'
}

type Plain = string | number | boolean | null | Plain[] | { [key: string]: Plain }

/** As plain JSON. A whole number that a double cannot hold stays a string of its digits. */
function plainOf(value: SchemaAnyValue): Plain {
  if (value.stringValue != null) return value.stringValue
  if (value.boolValue != null) return value.boolValue
  if (value.intValue != null) return wholeOf(value.intValue)
  if (value.doubleValue != null) return value.doubleValue
  if (value.bytesValue != null) return value.bytesValue
  if (value.arrayValue != null) return (value.arrayValue.values ?? []).map(plainOf)
  return value.kvlistValue != null ? mapOf(value.kvlistValue.values ?? []) : null
}

function wholeOf(digits: string): Plain {
  const number = Number(digits)
  return Number.isSafeInteger(number) ? number : digits
}

/** Without a prototype: a key may be called `__proto__`. */
function mapOf(entries: readonly SchemaKeyValue[]): Plain {
  const map: { [key: string]: Plain } = Object.create(null)
  for (const { key, value } of entries) map[key] = plainOf(value)
  return map
}
