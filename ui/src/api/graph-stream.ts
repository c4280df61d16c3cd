// Follows the graph while it changes: one request whose answer does not end. A stream that breaks is opened again where it
// broke (`since`), later each time; how it stands is told, so that a page can ask in the old way meanwhile.

import { type Milliseconds, milliseconds, SECOND } from '../ui/units.ts'
import { failureOf, isTransient } from './failure.ts'
import type { GraphEvent } from './graph.ts'
import { EventReader, type ServerEvent } from './sse.ts'
import { readToken } from './token.ts'

export type StreamState =
  | 'connecting'
  /** Events come. */
  | 'open'
  /** It broke and is opened again after a while. */
  | 'waiting'
  /** The server refuses it, and would again. */
  | 'refused'

/** Before the first new try; each further one waits twice as long. */
export const FIRST_WAIT = milliseconds(SECOND)
export const LONGEST_WAIT = milliseconds(30 * SECOND)
/** The server says something every 15 s. Silence for longer is a connection that died without a word. */
export const SILENCE_MAX = milliseconds(40 * SECOND)

export interface GraphStream {
  /** Path and parameters, without `since`. */
  path: string
  tenant: string | undefined
  /** The revision that is known, so that only what is new is sent. */
  since: () => string | undefined
  onEvent: (event: GraphEvent) => void
  onState: (state: StreamState) => void
}

/** Follows until the signal says to stop. */
export async function followGraph(stream: GraphStream, signal: AbortSignal): Promise<void> {
  for (let failures = 0; !signal.aborted; failures += 1) {
    stream.onState('connecting')
    const outcome = await readOnce(stream, signal)
    if (signal.aborted) return
    if (outcome === 'refused') return stream.onState('refused')
    if (outcome === 'broke after events') failures = 0
    stream.onState('waiting')
    await pause(waitAfter(failures), signal)
  }
}

/** The time before a try after so many failures in a row. */
export function waitAfter(failures: number): Milliseconds {
  return milliseconds(Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** failures))
}

type Outcome = 'refused' | 'failed' | 'broke after events'

async function readOnce(stream: GraphStream, outer: AbortSignal): Promise<Outcome> {
  const silence = new AbortController()
  const signal = AbortSignal.any([outer, silence.signal])
  let timer = setTimeout(() => silence.abort(), SILENCE_MAX)
  let hasEvents = false
  try {
    const response = await globalThis.fetch(requestOf(stream, signal))
    if (!response.ok || response.body === null) {
      const failure = failureOf(`GET ${stream.path}`, response, await response.json().catch(() => null))
      return isTransient(failure.kind) ? 'failed' : 'refused'
    }
    for await (const event of eventsOf(response.body)) {
      clearTimeout(timer)
      timer = setTimeout(() => silence.abort(), SILENCE_MAX)
      if (!hasEvents) stream.onState('open')
      hasEvents = true
      stream.onEvent(event)
    }
    return hasEvents ? 'broke after events' : 'failed'
  } catch {
    // Whatever broke it, it is opened again: what is wrong with the server is told by who asks it in the old way.
    return hasEvents ? 'broke after events' : 'failed'
  } finally {
    clearTimeout(timer)
    silence.abort()
  }
}

function requestOf({ path, tenant, since }: GraphStream, signal: AbortSignal): Request {
  const url = new URL(path, globalThis.location.origin)
  const rev = since()
  if (rev !== undefined) url.searchParams.set('since', rev)
  const token = readToken()
  const headers = {
    accept: 'text/event-stream',
    ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    ...(tenant === undefined ? {} : { 'x-scope-orgid': tenant }),
  }
  return new Request(url, { headers, signal })
}

async function* eventsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<GraphEvent> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  const events = new EventReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      for (const event of events.push(decoder.decode(value, { stream: true }))) {
        const read = graphEvent(event)
        if (read !== null) yield read
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

/** Null for an event of a kind that is not known here. */
function graphEvent({ event, data }: ServerEvent): GraphEvent | null {
  switch (event) {
    case 'snapshot':
      return { kind: 'snapshot', graph: JSON.parse(data) }
    case 'patch':
      return { kind: 'patch', patch: JSON.parse(data) }
    case 'heartbeat':
      return { kind: 'heartbeat' }
    default:
      return null
  }
}

function pause(time: Milliseconds, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, time)
    signal.addEventListener('abort', done)
  })
}
