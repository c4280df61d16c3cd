// Answers about one service, in so far as the API's description does not have them yet.

import type {
  SchemaHealth,
  SchemaKind,
  SchemaOutcomeWord,
  SchemaProtocolWord,
  SchemaSignals,
} from './schema.d.ts'

/** A call to be looked at, in the picture of latencies. */
export interface Exemplar {
  /** Begin of its step, in seconds since the epoch. */
  time: number
  duration_ms: number
  trace_id: string
  span_id: string
  class: SchemaOutcomeWord
}

export type Signals = SchemaSignals & { exemplars?: Exemplar[] }

/** Numbers, step by step; null where there is nothing to tell. */
export type Values = readonly (number | null)[]

/** The calls of one protocol between a service and another. */
export interface ServiceCall {
  /** Id in the graph. */
  edge: string
  /** Id of the other's node. */
  peer: string
  peer_namespace: string | null
  peer_name: string | null
  peer_kind: SchemaKind
  protocol: SchemaProtocolWord
  health?: SchemaHealth
  requests: number | null
  rate: number | null
  errors: number | null
  error_rate: number | null
  p50_ms: number | null
  p95_ms: number | null
  p99_ms: number | null
  series: { rate: Values; error_rate: Values; p95_ms: Values }
}

export interface ServiceCalls {
  rev: string
  start: string
  end: string
  step_s: number
  id: string
  times: number[]
  inbound: ServiceCall[]
  outbound: ServiceCall[]
}
