// Calls of the API as openapi-fetch has them, and with its types; of what it can do this is what is used here, in a fifth of
// its size.

import type { Client } from 'openapi-fetch'

type Parameters = Record<string, unknown>

interface Init {
  params?: { path?: Parameters; query?: Parameters; header?: Parameters }
  headers?: Record<string, string>
  body?: unknown
  signal?: AbortSignal
  /** What the data is; JSON when absent. */
  parseAs?: 'json' | 'blob' | 'stream'
}

/** What comes of a call. */
export interface Called<Data> {
  data?: Data
  error?: unknown
  response: Response
}

export interface Options {
  /** Headers of every request. */
  headers: () => Record<string, string>
}

export function clientOf<Paths extends object>(options: Options): Pick<Client<Paths>, 'GET' | 'POST'> {
  const of = (method: string) => (path: string, init?: Init) => call(method, path, init ?? {}, options)
  // The types say what the server's own description says, and the calls cannot know.
  return { GET: of('GET'), POST: of('POST') } as unknown as Pick<Client<Paths>, 'GET' | 'POST'>
}

async function call(method: string, path: string, init: Init, options: Options): Promise<Called<unknown>> {
  const { params = {}, headers, body, signal, parseAs = 'json' } = init
  const request = new Request(urlOf(path, params.path, params.query), {
    method,
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...options.headers(),
      ...textsOf(params.header),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  })
  // Looked up at each call, so that a test can put another in its place.
  const response = await globalThis.fetch(request)
  if (!response.ok) return { error: errorIn(await response.text()), response }
  return { data: parseAs === 'stream' ? response.body : await response[parseAs](), response }
}

/** `/api/v1/traces/{id}` with what is given for it, and the query behind it. */
function urlOf(path: string, inPath: Parameters = {}, query: Parameters = {}): URL {
  const filled = path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(String(inPath[name])))
  const url = new URL(filled, globalThis.location.origin)
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === null) continue
    for (const one of Array.isArray(value) ? value : [value]) url.searchParams.append(name, String(one))
  }
  return url
}

function textsOf(header: Parameters = {}): Record<string, string> {
  const given = Object.entries(header).filter(([, value]) => value !== undefined && value !== null)
  return Object.fromEntries(given.map(([name, value]) => [name, String(value)]))
}

/** What stands between here and the server may answer, too, and in no JSON. */
function errorIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
