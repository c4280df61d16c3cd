// Looking for spans by text: `cart 503` finds spans that have both words in their names, ids or values; `http.route=/cart`
// those that have the value in that attribute; `-redis` leaves out what has the word. Words with blanks are quoted.

import type { SchemaAnyValue, SchemaKeyValue } from '../src/api/schema.d.ts'
import { shownValue } from '../src/trace/value.ts'
import type { Span } from './span.ts'

export interface Word {
  /** In lower case. */
  text: string
  /** In lower case: only in the value of this; null: anywhere. */
  key: string | null
  isExcluded: boolean
}

const WORD = /(-?)(?:([^\s"=]+)=)?(?:"([^"]*)"?|(\S+))/g

export function wordsOf(text: string): Word[] {
  return [...text.matchAll(WORD)].flatMap(([, minus, key, quoted, plain]) => {
    const found = (quoted ?? plain ?? '').toLowerCase()
    // Somebody who still types: `-` or `""` says nothing yet.
    if (found === '' || found === '-') return []
    return [{ text: found, key: key?.toLowerCase() ?? null, isExcluded: minus === '-' }]
  })
}

/** Whether a span has all words. Plain loops: a hundred thousand spans are looked through with every word typed. */
export function finderOf(words: readonly Word[]): (span: Span) => boolean {
  const tests = words.map(word => {
    // Many spans are of one resource.
    const inResource = new Map<unknown, boolean>()
    const has = (span: Span): boolean => {
      if (hasOwn(span, word)) return true
      const { resource } = span.resource
      const known = inResource.get(resource)
      if (known !== undefined) return known
      const found = hasAttribute(resource.attributes, word)
      inResource.set(resource, found)
      return found
    }
    return (span: Span) => has(span) !== word.isExcluded
  })
  return span => tests.every(fits => fits(span))
}

function hasOwn(span: Span, word: Word): boolean {
  const { otlp } = span
  return (
    says(word, 'name', span.name) ||
    says(word, 'service', span.service ?? '') ||
    says(word, 'id', span.spanId) ||
    says(word, 'kind', span.kind) ||
    says(word, 'status', span.status) ||
    says(word, 'message', otlp.status?.message ?? '') ||
    hasAttribute(otlp.attributes, word) ||
    (otlp.events?.some(
      event => says(word, 'event', event.name ?? '') || hasAttribute(event.attributes, word),
    ) ??
      false)
  )
}

function says({ key, text }: Word, name: string, value: string): boolean {
  return (key === null || key === name) && value.toLowerCase().includes(text)
}

function hasAttribute(attributes: readonly SchemaKeyValue[] | undefined, { key, text }: Word): boolean {
  if (attributes === undefined) return false
  for (const attribute of attributes) {
    const name = attribute.key.toLowerCase()
    // A word that is the whole name of an attribute finds those that have it.
    if (key === null && name === text) return true
    if ((key === null || key === name) && textIn(attribute.value).includes(text)) return true
  }
  return false
}

function textIn(value: SchemaAnyValue): string {
  return (value.stringValue ?? value.intValue ?? shownValue(value).text).toLowerCase()
}
