// The one door to the API. Paths, parameters and answers are typed by the server's own description.

import createClient, { type Middleware } from 'openapi-fetch'
import { Failure, failureOf } from './failure.ts'
import type { PrometheusPaths } from './prometheus.ts'
import type { paths } from './schema.d.ts'
import type { TempoPaths } from './tempo.ts'
import { readToken } from './token.ts'
import type { TraceColumnsPaths } from './trace-columns.ts'

const withToken: Middleware = {
  onRequest({ request }) {
    const token = readToken()
    if (token !== null) request.headers.set('authorization', `Bearer ${token}`)
    return request
  },
}

/** A client of what is described by `Paths`; `fetch` is looked up at each call, so that a test can put another in its place. */
function clientOf<Paths extends object>() {
  const client = createClient<Paths>({
    baseUrl: globalThis.location.origin,
    fetch: request => globalThis.fetch(request),
  })
  client.use(withToken)
  return client
}

export const api = clientOf<paths>()
export const prometheusApi = clientOf<PrometheusPaths>()
export const columnsApi = clientOf<TraceColumnsPaths>()
export const tempoApi = clientOf<TempoPaths>()

/** What openapi-fetch gives for a call. */
interface Called<Data> {
  data?: Data
  error?: unknown
  response: Response
}

/** The data of an answer; every other outcome is a thrown `Failure`, but for a call that was aborted. */
export async function dataOf<Data>(request: string, call: Promise<Called<Data>>): Promise<Data> {
  const called = await call.catch((error: unknown) => {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    const message = error instanceof Error ? error.message : String(error)
    throw new Failure('unreachable', request, null, message)
  })
  if (called.data === undefined) throw failureOf(request, called.response, called.error)
  return called.data
}
