// Values of attributes as TraceQL writes them.

import type { SchemaAnyValue } from '../../api/schema.d.ts'
import { quotedText } from './quote.ts'

/** Null of what cannot be compared with. */
export function literalOf(value: SchemaAnyValue): string | null {
  if (value.stringValue != null) return quotedText(value.stringValue)
  if (value.boolValue != null) return String(value.boolValue)
  if (value.intValue != null) return value.intValue
  if (value.doubleValue != null) return decimalOf(value.doubleValue)
  // Maps, bytes and nothing compare with nothing; a list is found by an element, which one is not known.
  return null
}

/** With a point, so that it stays a floating-point number; TraceQL knows no exponents, `NaN` or infinity. */
function decimalOf(value: number | string): string | null {
  const text = String(value)
  if (typeof value === 'string' || !Number.isFinite(value) || text.includes('e')) return null
  return text.includes('.') ? text : `${text}.0`
}
