// Who called whom, read from spans in the simplest way: a span of another service below one is a call, and so is a client's
// span that says what it called. The server's own pairing does far more; this is enough to have a mesh to draw.

import type {
  SchemaExemplarItem,
  SchemaKind,
  SchemaOutcomeWord,
  SchemaProtocolWord,
  SchemaSpan,
  SchemaTracesData,
} from '../src/api/schema.d.ts'

/** One side of a call. */
export interface Side {
  id: string
  name: string
  namespace: string | null
  workload: string
  kind: SchemaKind
}

export interface Call {
  /** Null for a request that begins at the target. */
  source: Side | null
  target: Side
  protocol: SchemaProtocolWord
  ms: number
  /** Nanoseconds since the epoch. */
  endedAt: bigint
  isError: boolean
  attempts: number
  exemplar: SchemaExemplarItem
}

export interface Calls {
  calls: Call[]
  /** Spans that make no call, by reason. */
  unpaired: Record<string, number>
}

const KINDS = { server: 2, client: 3, producer: 4, consumer: 5 } as const
const STATUS_ERROR = 2
const NS_PER_MS = 1e6

interface Trace {
  byId: ReadonlyMap<string, Seen>
  /** Ids of spans below which a server's span is. */
  answered: ReadonlySet<string>
}

interface Seen {
  side: Side
  span: SchemaSpan
  text: (key: string) => string | undefined
}

/** The calls of traces that ended in a range, nanoseconds since the epoch. */
export function callsOf(traces: Iterable<SchemaTracesData>, start: bigint, end: bigint): Calls {
  const found: Calls = { calls: [], unpaired: {} }
  for (const trace of traces) {
    const seen = seenIn(trace)
    const byId = new Map(seen.map(one => [one.span.spanId, one]))
    const answers = seen.filter(({ span }) => span.kind === KINDS.server)
    const answered = new Set(answers.map(({ span }) => span.parentSpanId ?? ''))
    for (const one of seen) {
      const endedAt = BigInt(one.span.endTimeUnixNano || 0)
      if (endedAt >= start && endedAt <= end) pair(found, one, { byId, answered })
    }
  }
  return found
}

function pair(found: Calls, one: Seen, trace: Trace): void {
  const read = sidesOf(one, trace)
  if (typeof read === 'string') found.unpaired[read] = (found.unpaired[read] ?? 0) + 1
  else if (read !== null) found.calls.push(callOf(read, one))
}

interface Sides {
  source: Side | null
  target: Side
}

/** The sides of the call that a span is; why it is none; or null for a span that needs no partner. */
function sidesOf(one: Seen, { byId, answered }: Trace): Sides | string | null {
  const { span, side, text } = one
  const queue = queueOf(one)
  const parent = span.parentSpanId ? byId.get(span.parentSpanId) : undefined
  switch (span.kind) {
    case KINDS.consumer:
      return queue === null ? 'no_queue' : { source: queue, target: side }
    case KINDS.server:
      if (span.parentSpanId && parent === undefined) return 'parent_missing'
      return parent?.side.id === side.id ? null : { source: parent?.side ?? null, target: side }
    case KINDS.producer:
      return queue === null ? 'no_queue' : { source: side, target: queue }
    case KINDS.client: {
      // Then the server's span below it is the call.
      if (answered.has(span.spanId)) return null
      const target = databaseOf(one) ?? externalOf(text('server.address'))
      return target === null ? 'no_target' : { source: side, target }
    }
    default:
      return null
  }
}

function callOf({ source, target }: Sides, one: Seen): Call {
  const { span, text } = one
  const ms = Number(BigInt(span.endTimeUnixNano || 0) - BigInt(span.startTimeUnixNano || 0)) / NS_PER_MS
  const isError = span.status?.code === STATUS_ERROR
  const failure: SchemaOutcomeWord =
    text('http.response.status_code') === undefined ? 'status_error' : 'http_5xx'
  return {
    source,
    target,
    protocol: protocolOf(one),
    ms,
    endedAt: BigInt(span.endTimeUnixNano || 0),
    isError,
    attempts: 1 + Number(text('http.request.resend_count') ?? 0),
    exemplar: {
      trace_id: span.traceId,
      span_id: span.spanId,
      duration_ms: ms,
      class: isError ? failure : 'ok',
    },
  }
}

function seenIn(trace: SchemaTracesData): Seen[] {
  return trace.resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const about = texts(resource.attributes)
    const name = about('service.name') ?? 'unnamed'
    const namespace = about('k8s.namespace.name') ?? null
    const side: Side = {
      id: namespace === null ? name : `${namespace}/${name}`,
      name,
      namespace,
      workload: about('k8s.deployment.name') ?? name,
      kind: about('mesh.role') === 'gateway' ? 'gateway' : 'service',
    }
    const spans = scopeSpans.flatMap(scope => scope.spans)
    return spans.map(span => ({ side, span, text: texts(span.attributes) }))
  })
}

function texts(attributes: SchemaSpan['attributes']): (key: string) => string | undefined {
  return key => {
    const value = attributes?.find(attribute => attribute.key === key)?.value
    const plain = value?.stringValue ?? value?.intValue
    return plain === undefined ? undefined : String(plain)
  }
}

function protocolOf({ text }: Seen): SchemaProtocolWord {
  if (text('db.system.name') !== undefined) return 'database'
  if (text('messaging.system') !== undefined) return 'messaging'
  if (text('rpc.system') !== undefined) return 'grpc'
  return text('http.request.method') === undefined ? 'unknown' : 'http'
}

function inferred(kind: SchemaKind, name: string): Side {
  return { id: `${kind}:${name}`, name, namespace: null, workload: name, kind }
}

function queueOf({ text }: Seen): Side | null {
  const [system, destination] = [text('messaging.system'), text('messaging.destination.name')]
  return system === undefined || destination === undefined
    ? null
    : inferred('queue', `${system}/${destination}`)
}

function databaseOf({ text }: Seen): Side | null {
  const [system, address] = [text('db.system.name'), text('server.address')]
  return system === undefined || address === undefined ? null : inferred('database', `${system}/${address}`)
}

function externalOf(address: string | undefined): Side | null {
  return address === undefined ? null : inferred('external', address)
}
