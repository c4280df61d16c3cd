// Where the tests look, and how they send spans there.

import type { APIRequestContext } from '@playwright/test'
import { ofService, otlpSpan, spanId } from '../mock/otlp.ts'

const MOCK_URL = 'http://127.0.0.1:4799'

export const isMock = process.env['SPANLOOM_URL'] === undefined

export const site = {
  url: process.env['SPANLOOM_URL'] ?? MOCK_URL,
  otlpHttp: process.env['SPANLOOM_OTLP_HTTP'] ?? MOCK_URL,
}

const NS_PER_MS = 1_000_000n

/** A trace id that nobody else has. */
export function newTraceId(): string {
  return crypto.randomUUID().replaceAll('-', '')
}

export interface SentTrace {
  id: string
  service: string
  name: string
  /** Children of the root. */
  children?: number
  /** Message of the last child, which then failed. */
  error?: string
}

/** Sends a trace that began just now. When this returns, the server has acknowledged it. */
export async function sendTrace(request: APIRequestContext, trace: SentTrace): Promise<void> {
  const { id, service, name, children = 3, error } = trace
  const start = BigInt(Date.now()) * NS_PER_MS
  const root = otlpSpan(id, spanId(1), name, { start, end: start + 40n * NS_PER_MS, kind: 'server' })
  const rest = Array.from({ length: children }, (_, i) => {
    const at = start + BigInt(1 + i * 8) * NS_PER_MS
    return otlpSpan(id, spanId(i + 2), `step ${i + 1}`, {
      start: at,
      end: at + 6n * NS_PER_MS,
      parent: spanId(1),
      kind: 'client',
      attributes: { 'http.request.method': 'GET', item: `${i + 1}` },
      ...(error !== undefined && i === children - 1 ? { error } : {}),
    })
  })
  const response = await request.post(`${site.otlpHttp}/v1/traces`, {
    data: ofService(service, [root, ...rest]),
  })
  if (!response.ok())
    throw new Error(`the spans were not taken: ${response.status()} ${await response.text()}`)
}
