// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { graph, node, patch } from '../test/graph.ts'
import type { GraphEvent } from './graph.ts'
import {
  FIRST_WAIT,
  followGraph,
  LONGEST_WAIT,
  SILENCE_MAX,
  type StreamState,
  waitAfter,
} from './graph-stream.ts'
import { keepToken } from './token.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** A stream whose pieces the test sends. */
function source(signal: AbortSignal) {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined
  const body = new ReadableStream<Uint8Array>({
    start(made) {
      controller = made
      signal.addEventListener('abort', () => made.error(new DOMException('aborted', 'AbortError')))
    },
  })
  const send = (event: string, data: unknown) =>
    controller?.enqueue(new TextEncoder().encode(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`))
  return { response: new Response(body), send, end: () => controller?.close() }
}

type Source = ReturnType<typeof source>

/** Follows a server that answers as the test says. */
function follow(answer: (request: Request, place: number) => Response | Source) {
  const [asked, states, events, sources] = [
    [] as Request[],
    [] as StreamState[],
    [] as GraphEvent[],
    [] as Source[],
  ]
  let rev: string | undefined
  vi.stubGlobal('fetch', async (request: Request) => {
    const made = answer(request, asked.push(request) - 1)
    if (!('response' in made)) return made
    sources.push(made)
    return made.response
  })
  const stop = new AbortController()
  const done = followGraph(
    {
      path: '/api/v1/stream?topics=graph',
      tenant: 'shop',
      since: () => rev,
      onEvent: event => {
        events.push(event)
        if (event.kind === 'snapshot') rev = event.graph.rev
        if (event.kind === 'patch') rev = event.patch.rev
      },
      onState: state => states.push(state),
    },
    stop.signal,
  )
  return { asked, states, events, sources, stop, done }
}

const settle = () => vi.advanceTimersByTimeAsync(0)

test('events come in, with the token and the tenant that they were asked with', async () => {
  keepToken('secret')
  const { asked, states, events, sources, stop, done } = follow(request => source(request.signal))
  await settle()
  sources[0]?.send('snapshot', graph([node('a')]))
  sources[0]?.send('patch', patch('2'))
  sources[0]?.send('of a later version', {})
  sources[0]?.send('heartbeat', { rev: '2' })
  await settle()
  expect(events.map(({ kind }) => kind)).toEqual(['snapshot', 'patch', 'heartbeat'])
  expect(states).toEqual(['connecting', 'open'])
  expect(asked[0]?.headers.get('authorization')).toBe('Bearer secret')
  expect(asked[0]?.headers.get('x-scope-orgid')).toBe('shop')
  stop.abort()
  await done
  expect(asked).toHaveLength(1)
})

test('a stream that breaks goes on where it broke', async () => {
  const { asked, states, sources, stop, done } = follow(request => source(request.signal))
  await settle()
  sources[0]?.send('patch', patch('7'))
  await settle()
  sources[0]?.end()
  await settle()
  expect(states).toEqual(['connecting', 'open', 'waiting'])
  await vi.advanceTimersByTimeAsync(FIRST_WAIT)
  expect(asked.map(({ url }) => new URL(url).searchParams.get('since'))).toEqual([null, '7'])
  stop.abort()
  await done
})

test('a server that is away is tried less and less often', async () => {
  const { asked, stop, done } = follow(() => {
    throw new TypeError('failed to fetch')
  })
  await settle()
  for (const [failures, wait] of [0, 1, 2, 3].map(failures => [failures, waitAfter(failures)] as const)) {
    await vi.advanceTimersByTimeAsync(wait - 1)
    expect(asked).toHaveLength(failures + 1)
    await vi.advanceTimersByTimeAsync(1)
    expect(asked).toHaveLength(failures + 2)
  }
  expect(waitAfter(30)).toBe(LONGEST_WAIT)
  stop.abort()
  await done
})

test('a connection that died without a word is given up', async () => {
  const { asked, states, sources, stop, done } = follow(request => source(request.signal))
  await settle()
  sources[0]?.send('heartbeat', {})
  await settle()
  await vi.advanceTimersByTimeAsync(SILENCE_MAX)
  expect(states).toEqual(['connecting', 'open', 'waiting'])
  await vi.advanceTimersByTimeAsync(FIRST_WAIT)
  expect(asked).toHaveLength(2)
  stop.abort()
  await done
})

test('a server that refuses is not asked again; one that is busy is', async () => {
  const refused = follow(() =>
    Response.json({ error: { code: 'bad_request', message: 'no' } }, { status: 400 }),
  )
  await refused.done
  expect(refused.states).toEqual(['connecting', 'refused'])
  const busy = follow(() => Response.json({ error: { code: 'x', message: 'later' } }, { status: 429 }))
  await settle()
  expect(busy.states).toEqual(['connecting', 'waiting'])
  busy.stop.abort()
  await busy.done
})
