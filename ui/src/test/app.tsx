// The whole app on the mock API, at a URL, in a test.

import { createMemoryHistory } from '@tanstack/react-router'
import { render } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { vi } from 'vitest'
import { type MockOptions, mockFetch } from '../../mock/api.ts'
import { ofService, otlpSpan, spanId, traceId } from '../../mock/otlp.ts'
import { MockStore } from '../../mock/store.ts'
import { App } from '../app/app.tsx'
import { createQueryClient } from '../app/query-client.ts'

type Fetch = (request: Request) => Promise<Response>

interface Options {
  store?: MockStore
  api?: MockOptions
  /** Stands before the mock API: what it does not answer is asked there. */
  before?: (request: Request, ask: Fetch) => Promise<Response>
}

/** Opens the app; what it asks is in `asked`, where it is in `url()`. */
export function openApp(path: string, { store = new MockStore(), api, before }: Options = {}) {
  const ask = mockFetch(store, api)
  const asked: Request[] = []
  vi.stubGlobal('fetch', (request: Request) => {
    asked.push(request.clone())
    return before === undefined ? ask(request) : before(request, ask)
  })
  const history = createMemoryHistory({ initialEntries: [path] })
  const shown = render(<App queryClient={createQueryClient()} history={history} />)
  const url = () => `${history.location.pathname}${history.location.search}`
  return { ...shown, store, asked, url, history, user: userEvent.setup() }
}

const NS_PER_S = 1_000_000_000n

/** Some seconds ago, in nanoseconds since the epoch. */
export const secondsAgo = (seconds: number) => BigInt(Date.now()) * 1_000_000n - BigInt(seconds) * NS_PER_S

/** Stores a trace of a root and a child that began some seconds ago. */
export function sendTrace(store: MockStore, id: number, service: string, name: string, seconds = 60) {
  const start = secondsAgo(seconds)
  const root = otlpSpan(traceId(id), spanId(id * 16 + 1), name, {
    start,
    end: start + NS_PER_S,
    kind: 'server',
  })
  const child = otlpSpan(traceId(id), spanId(id * 16 + 2), `inside ${name}`, {
    start: start + 1n,
    end: start + NS_PER_S / 2n,
    parent: spanId(id * 16 + 1),
    error: 'broken',
    attributes: { item: `${id}/2` },
  })
  store.take(ofService(service, [root, child]))
}
