// What of Tempo's API is asked here and is not described by the server's own description. Tempo's answers leave out what is
// zero or empty, and write whole numbers of 64 bits as digits.

import type { SchemaAnyValue } from './schema.d.ts'

export interface TempoLabel {
  key: string
  value?: SchemaAnyValue
}

export interface TempoSeries {
  labels?: TempoLabel[]
  samples?: { timestampMs?: string | number; value?: number }[]
  exemplars?: { labels?: TempoLabel[]; timestampMs?: string | number; value?: number }[]
}

export interface TempoMetrics {
  series?: TempoSeries[]
  metrics?: { inspectedSpans?: string | number }
  status?: 'COMPLETE' | 'PARTIAL'
  message?: string
}

export interface TempoPaths {
  '/tempo/api/metrics/query_range': {
    get: {
      parameters: {
        query: { q: string; start: number; end: number; step: string; exemplars: number }
        header?: { 'X-Scope-OrgID'?: string }
      }
      responses: { 200: { content: { 'application/json': TempoMetrics } } }
    }
  }
}

interface TempoError {
  message: string
  position: { line: number; column: number } | null
}

/** Where in a query something is wrong, as Tempo's errors say it. */
const PARSE_ERROR = /^invalid TraceQL query: (?:parse error at line (\d+), col (\d+): )?([\s\S]+)$/

/** What an error of Tempo's API says, which is text; null of another API, and of the page of a proxy. */
export function tempoError(request: string, body: unknown): TempoError | null {
  if (!request.includes(' /tempo/') || typeof body !== 'string' || /^\s*(?:<|$)/.test(body)) return null
  const [, line, column, message] = PARSE_ERROR.exec(body) ?? []
  if (message === undefined) return { message: body.trim(), position: null }
  const position = line === undefined ? null : { line: Number(line), column: Number(column) }
  return { message: message.trim(), position }
}
