// Attributes of a query that no span has, and what may have been meant.

import type { Names } from '../traceql/complete.ts'
import { attributesIn, type NamedAttribute } from '../traceql/query.ts'
import { attributeName, attributeText } from '../traceql/quote.ts'

export interface UnknownAttribute {
  text: string
  meant: string | null
}

/** A name that differs in more letters is another. */
const DISTANCE_MAX = 3

export function unknownIn(query: string, names: Names): UnknownAttribute[] {
  if (names.size === 0) return []
  return attributesIn(query)
    .filter(attribute => isUnknown(attribute, names))
    .map(({ text, name }) => ({ text, meant: meantBy(text, name, names) }))
}

function isUnknown({ text, name }: NamedAttribute, names: Names): boolean {
  const { scope } = attributeName(text)
  if (scope.startsWith('parent')) return false
  const scopes = scope === '' ? ['span', 'resource'] : [scope]
  return scopes.every(one => !names.get(one)?.includes(name))
}

/** The same name elsewhere, or else one that is spelt nearly so. */
function meantBy(text: string, name: string, names: Names): string | null {
  let best: { text: string; distance: number } | null = null
  for (const [scope, known] of names) {
    for (const other of known) {
      const distance = distanceOf(name, other)
      const found = attributeText(scope, other)
      if (distance <= DISTANCE_MAX && found !== text && (best === null || distance < best.distance))
        best = { text: found, distance }
    }
  }
  return best?.text ?? null
}

/** Letters to add, drop or change to make one text of the other (Levenshtein). */
export function distanceOf(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > DISTANCE_MAX) return DISTANCE_MAX + 1
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
