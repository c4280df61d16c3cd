// Looking for spans by text: `cart 503` finds spans that have both words in their names, ids or values; `http.route=/cart`
// those that have the value in that attribute; `-redis` leaves out what has the word. Words with blanks are quoted.

import type { SchemaKeyValue } from '../api/schema.d.ts'
import type { Flags } from './sight.ts'
import type { Span } from './span.ts'
import type { Tree } from './tree.ts'
import { shownValue } from './value.ts'

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

/** The places of the spans that are found; null if nothing is looked for. */
export function foundIn(tree: Tree, text: string | undefined): Flags | null {
  const words = wordsOf(text ?? '')
  if (words.length === 0) return null
  return Uint8Array.from(tree.nodes, ({ span }) => (isFound(span, words) ? 1 : 0))
}

export function isFound(span: Span, words: readonly Word[]): boolean {
  return words.every(word => has(span, word) !== word.isExcluded)
}

function has(span: Span, { key, text }: Word): boolean {
  for (const [name, value] of said(span)) {
    if (key === null ? value.includes(text) || name === text : name === key && value.includes(text))
      return true
  }
  return false
}

/** What a span says, by name: both in lower case. */
function* said(span: Span): Generator<readonly [string, string]> {
  yield ['service', (span.service ?? '').toLowerCase()]
  yield ['name', span.name.toLowerCase()]
  yield ['id', span.spanId]
  yield ['kind', span.kind]
  yield ['status', span.status]
  if (span.otlp.status?.message) yield ['message', span.otlp.status.message.toLowerCase()]
  yield* attributesOf(span.otlp.attributes)
  for (const event of span.otlp.events ?? []) {
    yield ['event', (event.name ?? '').toLowerCase()]
    yield* attributesOf(event.attributes)
  }
  yield* attributesOf(span.resource.resource.attributes)
}

/** Read once: a trace is looked through again with every letter that is typed. */
const READ = new WeakMap<readonly SchemaKeyValue[], readonly (readonly [string, string])[]>()

function attributesOf(attributes: readonly SchemaKeyValue[] | undefined) {
  if (attributes === undefined) return []
  const known = READ.get(attributes)
  if (known !== undefined) return known
  const read = attributes.map(
    ({ key, value }) => [key.toLowerCase(), shownValue(value).text.toLowerCase()] as const,
  )
  READ.set(attributes, read)
  return read
}
