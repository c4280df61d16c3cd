// A small mesh that is sent as its applications' spans: a front, a web page, a cart that fails now and then, and, where asked
// for, a database.

import { type APIRequestContext, expect } from '@playwright/test'
import { joined, ofService, otlpSpan, type SpanFields, spanId } from '../mock/otlp.ts'
import type { SchemaTracesData } from '../src/api/schema.d.ts'
import { newTraceId, site } from './site.ts'

const MS = 1_000_000n

/** A namespace that no other test uses. */
export function newNamespace(): string {
  return `ns-${newTraceId().slice(0, 8)}`
}

export interface SentMesh {
  namespace: string
  /** Traces, each a request through all of it. */
  requests: number
  /** How many of them fail in the cart. */
  failed?: number
  /** A service more, that the web page calls. */
  also?: string
  /** Which sends no spans: a server waits some time for some before it draws one from what its client says. */
  hasDatabase?: boolean
}

/** Sends requests that ended just now. When this returns, the server has acknowledged them. */
export async function sendMesh(request: APIRequestContext, mesh: SentMesh): Promise<void> {
  const traces = Array.from({ length: mesh.requests }, (_, place) =>
    traceOf(mesh, place < (mesh.failed ?? 0)),
  )
  const response = await request.post(`${site.otlpHttp}/v1/traces`, { data: joined(traces) })
  if (!response.ok())
    throw new Error(`the spans were not taken: ${response.status()} ${await response.text()}`)
}

function traceOf({ namespace, also, hasDatabase = false }: SentMesh, fails: boolean): SchemaTracesData {
  const trace = newTraceId()
  const end = BigInt(Date.now()) * MS
  const span = (service: string, id: number, parent: number | null, ms: number, fields: SpanFields) =>
    ofService(
      service,
      [
        otlpSpan(trace, spanId(id), `${service} ${id}`, {
          start: end - BigInt(ms) * MS,
          end,
          ...(parent === null ? {} : { parent: spanId(parent) }),
          ...fields,
        }),
      ],
      { 'k8s.namespace.name': namespace },
    )
  const status = (code: number): SpanFields => ({
    kind: 'server',
    attributes: { 'http.request.method': 'GET', 'http.response.status_code': code },
    ...(code >= 500 ? { error: 'broken' } : {}),
  })
  const call: SpanFields = { kind: 'client', attributes: { 'http.request.method': 'GET' } }
  const database: SpanFields = {
    kind: 'client',
    attributes: { 'db.system.name': 'redis', 'server.address': `${namespace}-sessions` },
  }
  const more = also === undefined ? [] : [span('web', 8, 3, 5, call), span(also, 9, 8, 4, { kind: 'server' })]
  return joined([
    span('front', 1, null, 40, status(200)),
    span('front', 2, 1, 35, call),
    span('web', 3, 2, 30, status(200)),
    span('web', 4, 3, 25, { ...call, ...(fails ? { error: 'broken' } : {}) }),
    span('cart', 5, 4, 20, status(fails ? 503 : 200)),
    ...(hasDatabase ? [span('cart', 6, 5, 5, database)] : []),
    ...more,
  ])
}

/** Longer than a server waits for the spans of a target (15 s). */
export const DRAWN_WITHIN_MS = 45_000

/** Returns when the server's graph of a namespace has so many edges. */
export async function untilDrawn(
  request: APIRequestContext,
  namespace: string,
  edges: number,
): Promise<void> {
  const path = `${site.url}/api/v1/graph?namespace=${namespace}`
  const drawn = async () => ((await (await request.get(path)).json()) as { edges: unknown[] }).edges.length
  await expect.poll(drawn, { timeout: DRAWN_WITHIN_MS }).toBe(edges)
}
