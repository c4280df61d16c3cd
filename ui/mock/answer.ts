// Answers of the API as JSON.

import type { SchemaErrorBody } from '../src/api/schema.d.ts'

export function json(body: unknown, init: ResponseInit = {}): Response {
  return Response.json(body, init)
}

export function error(status: number, code: string, message: string, headers: HeadersInit = {}): Response {
  const body: SchemaErrorBody = { error: { code, message } }
  return json(body, { status, headers })
}
