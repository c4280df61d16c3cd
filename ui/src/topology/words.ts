// What the words of the API mean, for people.

import type {
  SchemaEvidenceWord,
  SchemaGrouping,
  SchemaHealth,
  SchemaKind,
  SchemaObserverWord,
  SchemaOutcomeWord,
  SchemaProtocolWord,
} from '../api/schema.d.ts'
import type { State } from '../ui/mark.tsx'

export const HEALTH_MARK: Record<SchemaHealth, State> = {
  healthy: 'ok',
  degraded: 'warn',
  failing: 'bad',
  idle: 'idle',
}

/** The worst first. */
export const HEALTHS: readonly SchemaHealth[] = ['failing', 'degraded', 'healthy', 'idle']

export const KIND_WORDS: Record<SchemaKind, string> = {
  service: 'service',
  gateway: 'gateway',
  database: 'database, known from its callers',
  queue: 'queue, known from its producers and consumers',
  external: 'external, known from its callers',
}

export const GROUPING_WORDS: Record<SchemaGrouping, string> = {
  service: 'Services',
  workload: 'Workloads',
  namespace: 'Namespaces',
  cluster: 'Clusters',
}

export const OBSERVER_WORDS: Record<SchemaObserverWord, string> = {
  source_app: 'the source’s application',
  source_proxy: 'the source’s proxy',
  waypoint: 'a waypoint between the two',
  ztunnel_source: 'the tunnel at the source',
  ztunnel_target: 'the tunnel at the target',
  target_proxy: 'the target’s proxy',
  target_app: 'the target’s application',
}

export const EVIDENCE_WORDS: Record<SchemaEvidenceWord, string> = {
  span: 'spans',
  metric: 'metrics',
  log: 'access logs',
}

export const OUTCOME_WORDS: Record<SchemaOutcomeWord, string> = {
  ok: 'ok',
  no_response: 'no response',
  http_5xx: 'HTTP 5xx',
  http_4xx: 'HTTP 4xx',
  grpc: 'gRPC error',
  status_error: 'span status error',
}

/** A request that ended so is no error. */
export function isError(outcome: SchemaOutcomeWord): boolean {
  return outcome !== 'ok' && outcome !== 'http_4xx'
}

export const PROTOCOL_WORDS: Record<SchemaProtocolWord, string> = {
  http: 'HTTP',
  grpc: 'gRPC',
  tcp: 'TCP',
  database: 'database',
  messaging: 'messaging',
  unknown: 'not known',
}

interface ReasonWords {
  title: string
  why: string
}

const REASONS: Record<string, ReasonWords> = {
  parent_missing: {
    title: 'The parent is not stored',
    why: 'A target saw a request whose source’s span did not come: it was dropped by sampling, is not sent here, or is still on its way. The request counts at the target and draws no edge.',
  },
  no_target: {
    title: 'Nothing says whom it called',
    why: 'A client’s span without a server’s span below it, and without an address, a database or a peer among its attributes.',
  },
  no_direction: {
    title: 'In or out is not known',
    why: 'A proxy’s client span of which neither its cluster nor its neighbours tell whether the request went in or out.',
  },
  no_queue: {
    title: 'Nothing says which queue',
    why: 'A producer or consumer without a destination among its attributes, and without a partner.',
  },
  circle: { title: 'Its parents go in a circle', why: 'Spans that name one another as their parents.' },
  fragment: {
    title: 'A late part of a span',
    why: 'Parts of a span that is stored already: Zipkin’s clients send some spans in pieces.',
  },
}

/** Why spans make no edge. */
export function reasonWords(reason: string): ReasonWords {
  return (
    REASONS[reason] ?? {
      title: reason.replaceAll('_', ' '),
      why: 'This page is older than the server and does not know this reason.',
    }
  )
}
