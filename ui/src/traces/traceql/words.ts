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
  ['&& { ', 'both find spans in the trace'],
  ['|| { ', 'either finds spans'],
  ['> { ', 'spans right below'],
  ['>> { ', 'spans anywhere below'],
  ['< { ', 'spans right above'],
  ['<< { ', 'spans anywhere above'],
  ['~ { ', 'spans with the same parent'],
  ['| ', 'goes on with what was found'],
]

export const FUNCTIONS: readonly [text: string, words: string][] = [
  ['count() > ', 'spans found in the trace'],
  ['avg(', 'of a number or duration'],
  ['max(', 'of a number or duration'],
  ['min(', 'of a number or duration'],
  ['sum(', 'of a number or duration'],
  ['by(', 'a spanset for each value'],
  ['select(', 'shows an attribute'],
  ['{ ', 'only those of the spans found'],
]

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
