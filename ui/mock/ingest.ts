// Who sent what, as the API reports it. What is in memory has no time of arrival: a span is taken to have come as it ended.

import type { SchemaIngestReport, SchemaRefusalReport, SchemaSenderReport } from '../src/api/schema.d.ts'
import type { MockStore } from './store.ts'

export function ingestReport(store: MockStore, tenant: string): SchemaIngestReport {
  const senders = new Map<string | null, SchemaSenderReport>()
  for (const { resourceSpans } of store.all()) {
    for (const { resource, scopeSpans } of resourceSpans) {
      const name = resource.attributes?.find(({ key }) => key === 'service.name')?.value.stringValue ?? null
      for (const { endTimeUnixNano } of scopeSpans.flatMap(({ spans }) => spans)) {
        senders.set(name, counted(senders.get(name), name, tenant, Number(endTimeUnixNano ?? 0)))
      }
    }
  }
  const latestFirst = [...senders.values()].sort((a, b) => b.last_ns - a.last_ns)
  return { senders: latestFirst, refused: store.hasMetrics ? [refusedSamples(tenant)] : [] }
}

function refusedSamples(tenant: string): SchemaRefusalReport {
  return {
    tenant,
    protocol: 'remote_write',
    unit: 'sample',
    reason: 'too_old',
    count: 214,
    last_ns: (Date.now() - 20_000) * 1e6,
    message: 'a sample of envoy_cluster_upstream_rq_total is 3 h older than the newest that is taken',
  }
}

function counted(
  before: SchemaSenderReport | undefined,
  service: string | null,
  tenant: string,
  ns: number,
): SchemaSenderReport {
  return {
    tenant,
    protocol: 'otlp_http_json',
    service,
    spans: (before?.spans ?? 0) + 1,
    first_ns: Math.min(before?.first_ns ?? ns, ns),
    last_ns: Math.max(before?.last_ns ?? ns, ns),
  }
}
