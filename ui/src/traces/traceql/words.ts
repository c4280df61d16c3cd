// The words of TraceQL that are proposed to whoever types: intrinsics, values that have names, functions.

import type { Comparison } from './tokens.ts'

export type ValueType = 'string' | 'number' | 'duration' | 'keyword'

export interface Intrinsic {
  name: string
  type: ValueType
  words: string
  /** Of the whole trace: equal for all its spans. */
  isOfTrace?: boolean
}

/** The most useful first. */
export const INTRINSICS: readonly Intrinsic[] = [
  { name: 'status', type: 'keyword', words: 'error, ok or unset' },
  { name: 'duration', type: 'duration', words: 'of the span' },
  { name: 'name', type: 'string', words: 'of the span' },
  { name: 'kind', type: 'keyword', words: 'server, client, …' },
  { name: 'traceDuration', type: 'duration', words: 'of the whole trace', isOfTrace: true },
  { name: 'rootServiceName', type: 'string', words: 'service of the first span', isOfTrace: true },
  { name: 'rootName', type: 'string', words: 'name of the first span', isOfTrace: true },
  { name: 'statusMessage', type: 'string', words: 'of the span' },
  { name: 'span:childCount', type: 'number', words: 'spans right below' },
  { name: 'event:name', type: 'string', words: 'of an event' },
  { name: 'event:timeSinceStart', type: 'duration', words: 'of an event' },
  { name: 'instrumentation:name', type: 'string', words: 'of the library' },
  { name: 'instrumentation:version', type: 'string', words: 'of the library' },
  { name: 'span:id', type: 'string', words: '16 hexadecimal digits' },
  { name: 'span:parentID', type: 'string', words: 'empty for a root' },
  { name: 'trace:id', type: 'string', words: '32 hexadecimal digits', isOfTrace: true },
  { name: 'link:spanID', type: 'string', words: 'of a link' },
  { name: 'link:traceID', type: 'string', words: 'of a link' },
  { name: 'nestedSetParent', type: 'number', words: '-1 of a root' },
  { name: 'nestedSetLeft', type: 'number', words: 'place in a walk through the trace' },
  { name: 'nestedSetRight', type: 'number', words: 'place in a walk through the trace' },
]

/** Other spellings. */
const SPELLINGS: Record<string, string> = {
  'span:name': 'name',
  'span:status': 'status',
  'span:statusMessage': 'statusMessage',
  'span:kind': 'kind',
  'span:duration': 'duration',
  childCount: 'span:childCount',
  'trace:duration': 'traceDuration',
  'trace:rootName': 'rootName',
  'trace:rootService': 'rootServiceName',
}

export function intrinsicOf(word: string): Intrinsic | undefined {
  const name = SPELLINGS[word] ?? word
  return INTRINSICS.find(intrinsic => intrinsic.name === name)
}

/** Whether `= nil` is refused of a field, since it is never missing: intrinsics, and the name of a service. */
export function isNeverNil(field: string): boolean {
  return field === 'resource.service.name' || intrinsicOf(field) !== undefined
}

/** What spans fulfil that do not have a field. */
export function withoutField(field: string): string {
  return isNeverNil(field) ? `!(${field} != nil)` : `${field} = nil`
}

export const NAMED_VALUES: Record<string, readonly string[]> = {
  status: ['error', 'ok', 'unset'],
  kind: ['server', 'client', 'producer', 'consumer', 'internal', 'unspecified'],
}
const VALUE_WORDS = new Set([
  ...Object.values(NAMED_VALUES).flat(),
  'true',
  'false',
  'nil',
  'minInt',
  'maxInt',
])

export function isValueWord(word: string): boolean {
  return VALUE_WORDS.has(word)
}

export const DURATIONS = ['10ms', '100ms', '250ms', '500ms', '1s', '5s']

/** Which comparisons a type allows, the usual first. */
export const OPERATORS: Record<ValueType | 'any', readonly Comparison[]> = {
  string: ['=', '!=', '=~', '!~'],
  number: ['=', '!=', '>', '>=', '<', '<='],
  duration: ['>', '>=', '<', '<=', '=', '!='],
  keyword: ['=', '!='],
  any: ['=', '!=', '=~', '!~', '>', '>=', '<', '<='],
}

export const OPERATOR_WORDS: Record<string, string> = {
  '=': 'equals',
  '!=': 'is there, and another',
  '=~': 'matches a whole regular expression',
  '!~': 'is there, and does not match',
  '>': 'more than',
  '>=': 'at least',
  '<': 'less than',
  '<=': 'at most',
  '!= nil': 'is there',
  '= nil': 'is not there',
}

/** What joins spansets. */
export const STAGE_OPERATORS: readonly [text: string, words: string][] = [
  ['| ', 'goes on with what was found'],
  ['&& { ', 'both find spans in the trace'],
  ['|| { ', 'either finds spans'],
  ['>> { ', 'spans anywhere below'],
  ['> { ', 'spans right below'],
  ['<< { ', 'spans anywhere above'],
  ['< { ', 'spans right above'],
  ['~ { ', 'spans with the same parent'],
  ['&>> { ', 'both sides: above and anywhere below'],
  ['&> { ', 'both sides: above and right below'],
  ['&<< { ', 'both sides: below and anywhere above'],
  ['&< { ', 'both sides: below and right above'],
  ['&~ { ', 'both sides: with the same parent'],
  ['!>> { ', 'spans that are not below any'],
  ['!> { ', 'spans that are not right below any'],
  ['!<< { ', 'spans that are not above any'],
  ['!< { ', 'spans that are not right above any'],
  ['!~ { ', 'spans without such a sibling'],
]

/** Scopes to go on from, each with what it has. */
export const SCOPES: readonly [text: string, words: string][] = [
  ['span.', 'attributes of spans'],
  ['resource.', 'attributes of who sent them'],
  ['event.', 'attributes of events'],
  ['link.', 'attributes of links'],
  ['instrumentation.', 'attributes of libraries'],
]

/** To begin with behind `compare(`. */
export const SELECTIONS: readonly [text: string, words: string][] = [
  ['{ status = error }', 'those that failed'],
  ['{ duration > 500ms }', 'those that took long'],
  ['{ ', 'others'],
]

export const QUANTILES = ['0.5', '0.9', '0.95', '0.99']
export const COUNTS = ['5', '10', '20']

/** Names that most senders have: proposed until the server has said which there are. */
export const COMMON_NAMES: ReadonlyMap<string, readonly string[]> = new Map([
  [
    'resource',
    ['service.name', 'service.namespace', 'service.version', 'k8s.namespace.name', 'k8s.pod.name'],
  ],
  [
    'span',
    [
      'http.request.method',
      'http.response.status_code',
      'http.route',
      'url.path',
      'rpc.service',
      'rpc.method',
      'db.system.name',
      'messaging.destination.name',
      'server.address',
      'error.type',
    ],
  ],
])
