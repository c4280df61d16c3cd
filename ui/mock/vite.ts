// Lets Vite's servers answer as a Spanloom server does, from memory. `MOCK=shop` (the default of `npm run dev`) has a
// web shop in it that takes a request every other second; `MOCK=empty` has nothing.

import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import type { Connect, Plugin } from 'vite'
import { mockFetch } from './api.ts'
import { oddTrace } from './odd.ts'
import { Shop } from './shop.ts'
import { MockStore } from './store.ts'

const NS_PER_MS = 1_000_000n
const REQUEST_INTERVAL_MS = 2000
const REQUESTS_AT_FIRST = 120
const PREFIXES = ['/api/', '/tempo/', '/prometheus/', '/v1/']

export function mockApi(): Plugin {
  const store = new MockStore()
  const answer = middleware(mockFetch(store))
  return {
    name: 'mock-api',
    apply: 'serve',
    configureServer(server) {
      if (process.env['MOCK'] !== 'empty') keepShop(store)
      server.middlewares.use(answer)
    },
    configurePreviewServer(server) {
      server.middlewares.use(answer)
    },
  }
}

function keepShop(store: MockStore): void {
  const shop = new Shop(7)
  store.hasMetrics = true
  const now = () => BigInt(Date.now()) * NS_PER_MS
  const started = now()
  for (let i = REQUESTS_AT_FIRST; i > 0; i--)
    store.take(shop.request(started - BigInt(i * 4_000) * NS_PER_MS))
  store.take(oddTrace(started))
  setInterval(() => store.take(shop.request(now())), REQUEST_INTERVAL_MS).unref()
}

function middleware(answer: (request: Request) => Promise<Response>): Connect.NextHandleFunction {
  return (incoming, outgoing, next) => {
    if (!PREFIXES.some(prefix => incoming.url?.startsWith(prefix))) return next()
    // A stream ends when nobody reads it any more.
    const closed = new AbortController()
    outgoing.on('close', () => closed.abort())
    answer(requestOf(incoming, closed.signal)).then(response => send(response, outgoing), next)
  }
}

function requestOf(incoming: IncomingMessage, signal: AbortSignal): Request {
  const { method = 'GET', url = '/', headers } = incoming
  const pairs = Object.entries(headers).flatMap(([name, value]): [string, string][] =>
    typeof value === 'string' ? [[name, value]] : [],
  )
  const hasBody = method !== 'GET' && method !== 'HEAD'
  return new Request(new URL(url, 'http://localhost'), {
    method,
    signal,
    headers: new Headers(pairs),
    ...(hasBody ? { body: Readable.toWeb(incoming) as BodyInit, duplex: 'half' } : {}),
  })
}

async function send(response: Response, outgoing: ServerResponse): Promise<void> {
  outgoing.statusCode = response.status
  response.headers.forEach((value, name) => {
    outgoing.setHeader(name, value)
  })
  if (response.headers.get('content-type') !== 'text/event-stream' || response.body === null) {
    outgoing.end(Buffer.from(await response.arrayBuffer()))
    return
  }
  const reader = response.body.getReader()
  try {
    for (let piece = await reader.read(); !piece.done; piece = await reader.read())
      outgoing.write(piece.value)
  } catch {
    // Whoever read it is gone.
  }
  outgoing.end()
}
