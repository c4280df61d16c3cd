// Traces in memory, and the answers that the API gives from them.

import type {
  SchemaKeyValue,
  SchemaServiceItem,
  SchemaSpan,
  SchemaTraceItem,
  SchemaTracesData,
} from '../src/api/schema.d.ts'

const STATUS_ERROR = 2

export interface Question {
  /** Nanoseconds since the epoch, both included. */
  start: bigint
  end: bigint
  service: string | null
  limit: number
}

export interface Sent {
  service: string | null
  span: SchemaSpan
  /** Attributes of its resource. */
  resource: readonly SchemaKeyValue[]
}

export class MockStore {
  private readonly traces = new Map<string, SchemaTracesData>()
  /** Counts what was taken. */
  rev = 0
  /** Whether there are metrics, too, made up: what fills up, what is scraped, what is refused. */
  hasMetrics = false

  /** Takes spans as an OTLP/JSON request brings them. */
  take(data: SchemaTracesData): void {
    this.rev += 1
    for (const resource of data.resourceSpans) {
      for (const scope of resource.scopeSpans) {
        for (const span of scope.spans) {
          const one = { ...resource, scopeSpans: [{ ...scope, scope: scope.scope ?? {}, spans: [span] }] }
          this.add(span.traceId.toLowerCase(), one)
        }
      }
    }
  }

  private add(id: string, resourceSpans: SchemaTracesData['resourceSpans'][number]): void {
    const trace = this.traces.get(id) ?? { resourceSpans: [] }
    trace.resourceSpans.push(resourceSpans)
    this.traces.set(id, trace)
  }

  clear(): void {
    this.traces.clear()
  }

  all(): Iterable<SchemaTracesData> {
    return this.traces.values()
  }

  trace(id: string): SchemaTracesData | undefined {
    return this.traces.get(id.toLowerCase().padStart(32, '0'))
  }

  /** Traces that overlap the range, newest first. */
  list(question: Question): SchemaTraceItem[] {
    return this.wholes(question).map(({ item }) => item)
  }

  /** The same with their spans. */
  wholes({ start, end, service, limit }: Question): { item: SchemaTraceItem; sent: Sent[] }[] {
    const items = [...this.traces].map(([id, trace]) => itemOf(id, sentIn(trace)))
    const fits = ({ item, startedAt, endedAt }: ReturnType<typeof itemOf>) =>
      startedAt <= end &&
      endedAt >= start &&
      (service === null || item.services.some(({ name }) => name === service))
    const newest = items
      .filter(fits)
      .sort((a, b) => (a.startedAt < b.startedAt ? 1 : a.startedAt > b.startedAt ? -1 : 0))
    return newest.slice(0, limit)
  }

  sent(): Sent[] {
    return [...this.traces.values()].flatMap(sentIn)
  }

  services(): string[] {
    return [
      ...new Set(
        this.sent()
          .map(({ service }) => service)
          .filter(service => service !== null),
      ),
    ].sort()
  }

  /** When the newest trace ended, in digits; null if there is none. */
  newest(): string | null {
    const ends = this.sent().map(({ span }) => endOf(span))
    return ends.length === 0 ? null : String(ends.reduce((latest, end) => (end > latest ? end : latest)))
  }
}

function sentIn(trace: SchemaTracesData): Sent[] {
  return trace.resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const name = resource.attributes?.find(attribute => attribute.key === 'service.name')
    const service = name?.value.stringValue ?? null
    const attributes = resource.attributes ?? []
    return scopeSpans.flatMap(({ spans }) => spans.map(span => ({ service, span, resource: attributes })))
  })
}

const startOf = (span: SchemaSpan) => BigInt(span.startTimeUnixNano || 0)

function endOf(span: SchemaSpan): bigint {
  const [start, end] = [startOf(span), BigInt(span.endTimeUnixNano || 0)]
  return end > start ? end : start
}

function itemOf(id: string, sent: Sent[]) {
  const starts = sent.map(({ span }) => startOf(span))
  const startedAt = starts.reduce((first, start) => (start < first ? start : first))
  const endedAt = sent.map(({ span }) => endOf(span)).reduce((last, end) => (end > last ? end : last))
  const root = sent
    .filter(({ span }) => !span.parentSpanId)
    .sort((a, b) => Number(startOf(a.span) - startOf(b.span)))[0]
  const services = servicesOf(sent)
  const item: SchemaTraceItem = {
    trace_id: id,
    root_service: root?.service ?? null,
    root_name: root?.span.name ?? null,
    start_time_unix_nano: String(startedAt),
    duration_ms: Number(endedAt - startedAt) / 1e6,
    span_count: sent.length,
    error_count: services.reduce((sum, { error_count }) => sum + error_count, 0),
    services,
  }
  return { item, sent, startedAt, endedAt }
}

function servicesOf(sent: Sent[]): SchemaServiceItem[] {
  const services = new Map<string | null, SchemaServiceItem>()
  for (const { service, span } of sent) {
    const item = services.get(service) ?? { name: service, span_count: 0, error_count: 0 }
    item.span_count += 1
    item.error_count += span.status?.code === STATUS_ERROR ? 1 : 0
    services.set(service, item)
  }
  return [...services.values()]
}
