// What can be asked of nodes and edges: the fields, what they hold, and how their values are written.

import type { SchemaHealth, SchemaKind, SchemaProtocolWord } from '../api/schema.d.ts'

export const OPERATORS = ['=', '!=', '>', '>=', '<', '<=', '~', '!~', '^=', '$=', '*='] as const
export type Operator = (typeof OPERATORS)[number]

const HEALTH: readonly SchemaHealth[] = ['failing', 'degraded', 'healthy', 'idle']
const KIND: readonly SchemaKind[] = ['service', 'gateway', 'database', 'queue', 'external']
const PROTOCOL: readonly SchemaProtocolWord[] = ['http', 'grpc', 'tcp', 'database', 'messaging', 'unknown']
export const MTLS = ['full', 'partial', 'none', 'unknown'] as const

/** What a field holds, and so which operators and values it takes. */
export type FieldType =
  | { kind: 'text' }
  | { kind: 'word'; words: readonly string[] }
  | { kind: 'number'; unit: Unit }
  /** A word, or the share of the calls that is encrypted. */
  | { kind: 'mtls' }

export type Unit = 'rate' | 'share' | 'duration' | 'count'

const text: FieldType = { kind: 'text' }
const duration: FieldType = { kind: 'number', unit: 'duration' }

interface Described {
  type: FieldType
  words: string
}

/** Of nodes and edges themselves. An edge has the names, namespaces, kinds and clusters of both its ends. */
const OWN = {
  name: { type: text, words: 'name or alias' },
  ns: { type: text, words: 'namespace' },
  cluster: { type: text, words: 'cluster' },
  kind: { type: { kind: 'word', words: KIND }, words: 'service, gateway, database, queue, external' },
  health: { type: { kind: 'word', words: HEALTH }, words: 'failing, degraded, healthy, idle' },
  protocol: { type: { kind: 'word', words: PROTOCOL }, words: 'what its calls speak' },
  rps: { type: { kind: 'number', unit: 'rate' }, words: 'requests per second' },
  err: { type: { kind: 'number', unit: 'share' }, words: 'share of failed requests' },
  p50: { type: duration, words: 'median latency' },
  p95: { type: duration, words: 'latency of the slowest 5 %' },
  p99: { type: duration, words: 'latency of the slowest 1 %' },
  mtls: { type: { kind: 'mtls' }, words: 'mutual TLS: full, partial, none' },
  degree: { type: { kind: 'number', unit: 'count' }, words: 'edges that touch it' },
} as const satisfies Record<string, Described>

export type OwnField = keyof typeof OWN
export type Side = 'in' | 'out'

export interface Field {
  /** As it is written. */
  name: string
  /** `in.name` is who calls a node, `out.err` the share of the calls it makes that failed. */
  side: Side | null
  own: OwnField
  type: FieldType
  words: string
}

const SIDE_WORDS: Record<Side, string> = { in: 'of who calls it', out: 'of what it calls' }
const OWN_NAMES = Object.keys(OWN) as OwnField[]

const ownField = (own: OwnField): Field => ({ name: own, side: null, own, ...OWN[own] })
const sideField = (side: Side, own: OwnField): Field => ({
  name: `${side}.${own}`,
  side,
  own,
  type: OWN[own].type,
  words: `${OWN[own].words}, ${SIDE_WORDS[side]}`,
})

export const FIELDS: ReadonlyMap<string, Field> = new Map(
  [
    ...OWN_NAMES.map(ownField),
    ...OWN_NAMES.map(own => sideField('in', own)),
    ...OWN_NAMES.map(own => sideField('out', own)),
  ].map(field => [field.name, field]),
)

const ORDERED: readonly Operator[] = ['=', '!=', '>', '>=', '<', '<=']
const WORDED: readonly Operator[] = ['=', '!=', '~', '!~', '^=', '$=', '*=']

export function operatorsOf({ kind }: FieldType): readonly Operator[] {
  return kind === 'number' || kind === 'mtls' ? ORDERED : WORDED
}

/** The units that a number may carry; the first is meant where there is none. */
const UNITS: Record<Unit, readonly (readonly [string, number])[]> = {
  // In milliseconds.
  duration: [
    ['ms', 1],
    ['ns', 1e-6],
    ['us', 1e-3],
    ['µs', 1e-3],
    ['s', 1000],
    ['m', 60_000],
    ['min', 60_000],
  ],
  // A part of one: `err > 5` is five per cent, as people say it.
  share: [['%', 0.01]],
  // Per second.
  rate: [
    ['/s', 1],
    ['k/s', 1000],
    ['k', 1000],
    ['M/s', 1e6],
    ['/min', 1 / 60],
    ['/m', 1 / 60],
    ['/h', 1 / 3600],
  ],
  count: [],
}

/** A number with its unit as the API has it; null where it is none. */
export function numberOf(text: string, unit: Unit): number | null {
  const [, digits, suffix] = /^(\d+(?:\.\d+)?|\.\d+)\s*(\D*)$/.exec(text) ?? []
  if (digits === undefined) return null
  const units = UNITS[unit]
  const found = suffix === '' ? (units[0] ?? ['', 1]) : units.find(([name]) => name === suffix)
  return found === undefined ? null : Number(digits) * found[1]
}

/** Values to write, as examples and to choose from. */
export const EXAMPLES: Record<Unit, readonly string[]> = {
  duration: ['100ms', '500ms', '1s'],
  share: ['1%', '5%', '10%'],
  rate: ['1/s', '100/s', '1k/s'],
  count: ['0', '1', '10'],
}

export const UNIT_WORDS: Record<Unit, string> = {
  duration: 'a duration such as 500ms or 1.5s',
  share: 'a share such as 5%',
  rate: 'a rate such as 100/s, 1k/s or 30/min',
  count: 'a whole number',
}
