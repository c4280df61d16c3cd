// The answer of a search, read while it comes: a line for each piece of it, a JSON object each. A server that does not
// stream gives the whole in one line.

import { Failure, type FailureKind, isErrorBody } from './failure.ts'
import type { SchemaTraceItem } from './schema.d.ts'

export interface Inspected {
  traces: number
  spans: number
  files: number
  bytes: number
}

/** A piece of an answer. */
export interface SearchLine {
  /** Found since the last piece; of the newest known so far. */
  traces: SchemaTraceItem[]
  /** How far back the search has come, and where it ends: nanoseconds since the epoch, in digits. */
  searched_from?: string
  range_start?: string
  inspected?: Inspected
  done?: boolean
  /** Why there may be more than was found. */
  partial?: string | null
}

/** The pieces of an answer; whatever keeps it from its end is thrown. */
export async function* searchLines(
  request: string,
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<SearchLine> {
  let isComplete = true
  for await (const text of linesOf(request, body)) {
    const line = lineOf(request, text)
    // Only a server that streams tells how far it is, and that it is done.
    isComplete = line.done ?? line.searched_from === undefined
    yield line
  }
  if (!isComplete) throw new Failure('unreachable', request, null, 'the answer broke off')
}

async function* linesOf(request: string, body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let rest = ''
  try {
    for (;;) {
      const { done, value } = await read(request, reader)
      const lines = (rest + decoder.decode(value, { stream: !done })).split('\n')
      rest = lines.pop() ?? ''
      yield* lines.filter(line => line.trim() !== '')
      if (done) break
    }
    if (rest.trim() !== '') yield rest
  } finally {
    // Who reads no further needs no more of it.
    await reader.cancel().catch(() => {})
  }
}

async function read(request: string, reader: ReadableStreamDefaultReader<Uint8Array>) {
  try {
    return await reader.read()
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new Failure('unreachable', request, null, error instanceof Error ? error.message : String(error))
  }
}

const KINDS: Record<string, FailureKind> = {
  bad_request: 'refused',
  too_large: 'refused',
  unavailable: 'starting',
  resource_exhausted: 'busy',
}

function lineOf(request: string, text: string): SearchLine {
  const parsed = parse(request, text)
  if (isErrorBody(parsed)) {
    const { code, message, position } = parsed.error
    throw new Failure(KINDS[code] ?? 'failed', request, null, message, position ?? null)
  }
  if (!isLine(parsed)) throw new Failure('failed', request, null, 'the answer is not what it should be')
  return parsed
}

function parse(request: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Failure('failed', request, null, 'a line of the answer is not JSON')
  }
}

function isLine(value: unknown): value is SearchLine {
  return typeof value === 'object' && value !== null && 'traces' in value && Array.isArray(value.traces)
}
