// Why a question to the API got no answer, by what can be done about it.

import type { SchemaErrorBody, SchemaPosition } from './schema.d.ts'
import { tempoError } from './tempo.ts'

export type FailureKind =
  /** No answer came: the server is down, or the network. */
  | 'unreachable'
  /** The server has just started and still replays its log. */
  | 'starting'
  /** The server is busy: the same question may succeed later. */
  | 'busy'
  /** The server asks for a token, or for another one. */
  | 'token'
  /** The tenant is not on the server's list. */
  | 'tenant'
  | 'not_found'
  /** The question cannot be answered as it is. */
  | 'refused'
  /** The server failed. */
  | 'failed'

export class Failure extends Error {
  override readonly name = 'Failure'
  readonly kind: FailureKind
  /** What was asked: method and path. */
  readonly request: string
  /** HTTP status; null if there was no answer. */
  readonly status: number | null
  /** Where in a query's text something is wrong, if that is known. */
  readonly position: SchemaPosition | null

  constructor(
    kind: FailureKind,
    request: string,
    status: number | null,
    message: string,
    position: SchemaPosition | null = null,
  ) {
    super(message)
    this.kind = kind
    this.request = request
    this.status = status
    this.position = position
  }
}

/** Whether asking again without changing anything may help. */
export function isTransient(kind: FailureKind): boolean {
  switch (kind) {
    case 'unreachable':
    case 'starting':
    case 'busy':
    case 'failed':
      return true
    case 'token':
    case 'tenant':
    case 'not_found':
    case 'refused':
      return false
  }
}

/** What an answer that is an error means. */
export function failureOf(request: string, response: Response, body: unknown): Failure {
  const detail = isErrorBody(body) ? body.error : tempoError(request, body)
  const message = detail?.message ?? `the answer was ${response.status} ${response.statusText}`.trim()
  return new Failure(kindOf(response), request, response.status, message, detail?.position ?? null)
}

function kindOf(response: Response): FailureKind {
  switch (response.status) {
    case 401:
      // Both are `unauthorized`; only a token is asked for by the header.
      return response.headers.has('www-authenticate') ? 'token' : 'tenant'
    case 404:
      return 'not_found'
    case 429:
      return 'busy'
    case 503:
      return 'starting'
    default:
      return response.status >= 500 ? 'failed' : 'refused'
  }
}

export function isErrorBody(body: unknown): body is SchemaErrorBody {
  const error = typeof body === 'object' && body !== null && 'error' in body ? body.error : null
  return (
    typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string'
  )
}
