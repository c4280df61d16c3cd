// Names and values of attributes, as Tempo's API gives them to editors.

import type { SchemaKeyValue } from '../src/api/schema.d.ts'
import { plainValue } from './search.ts'
import type { MockStore } from './store.ts'

const FIXED: Record<string, readonly string[]> = {
  status: ['error', 'ok', 'unset'],
  kind: ['client', 'server', 'internal', 'producer', 'consumer', 'unspecified'],
}
const INTRINSICS = [
  'duration',
  'event:name',
  'kind',
  'name',
  'rootName',
  'rootServiceName',
  'status',
  'statusMessage',
  'traceDuration',
]

export function tagNames(store: MockStore) {
  const of = (scope: 'resource' | 'span') => {
    const keys = attributesOf(store, scope).map(({ key }) => key)
    return { name: scope, tags: [...new Set(keys)].sort() }
  }
  const empty = ['event', 'link', 'instrumentation'].map(name => ({ name, tags: [] }))
  return {
    scopes: [of('resource'), of('span'), ...empty, { name: 'intrinsic', tags: INTRINSICS }],
    metrics: {},
  }
}

/** Null if the tag is none. */
export function tagValues(store: MockStore, tag: string) {
  const fixed = FIXED[tag]
  if (fixed !== undefined) return { tagValues: fixed.map(value => ({ type: 'keyword', value })), metrics: {} }
  const [, scope = '', name = ''] = /^(resource|span|)\.(.+)$/.exec(tag) ?? []
  if (name === '') return INTRINSICS.includes(tag) ? { tagValues: namesOf(store, tag), metrics: {} } : null
  const found =
    scope === ''
      ? [...attributesOf(store, 'span'), ...attributesOf(store, 'resource')]
      : attributesOf(store, scope === 'span' ? 'span' : 'resource')
  const values = found.filter(({ key }) => key === name).map(({ value }) => plainValue(value))
  const typed = values.flatMap(value =>
    value === null ? [] : [{ type: typeOf(value), value: String(value) }],
  )
  return { tagValues: unique(typed), metrics: {} }
}

function typeOf(value: string | number | boolean): string {
  if (typeof value === 'string') return 'string'
  if (typeof value === 'boolean') return 'bool'
  return Number.isInteger(value) ? 'int' : 'float'
}

function attributesOf(store: MockStore, scope: 'resource' | 'span'): SchemaKeyValue[] {
  return store.sent().flatMap(({ span, resource }) => (scope === 'span' ? (span.attributes ?? []) : resource))
}

function namesOf(store: MockStore, tag: string) {
  if (tag !== 'name' && tag !== 'rootName') return []
  const names = store.sent().map(({ span }) => span.name ?? '')
  return unique(names.map(value => ({ type: 'string', value })))
}

function unique<Item>(items: readonly Item[]): Item[] {
  return [...new Map(items.map(item => [JSON.stringify(item), item])).values()]
}
