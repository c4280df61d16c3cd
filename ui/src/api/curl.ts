// A question to the API as a command, for who wants to go on in a terminal.

import { readToken } from './token.ts'

export interface ApiCall {
  path: string
  params?: Record<string, string | number | undefined>
  tenant: string | undefined
}

/** The token itself is never written: it would stay in somebody's history. */
export function curlOf({ path, params = {}, tenant }: ApiCall, origin = globalThis.location.origin): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(params)) {
    if (value !== undefined) query.set(name, String(value))
  }
  const url = `${origin}${path}${query.size > 0 ? `?${query}` : ''}`
  return ['curl', ...headersOf(tenant), quoted(url)].join(' ')
}

/** The headers that a client of this server needs, as curl's arguments. */
export function headersOf(tenant: string | undefined): string[] {
  const token = readToken() === null ? [] : ['-H "authorization: Bearer $SPANLOOM_TOKEN"']
  return [...token, ...(tenant === undefined ? [] : [`-H ${quoted(`x-scope-orgid: ${tenant}`)}`])]
}

/** As one word of a shell. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

/** The same with each parameter as a word of its own, for a question that people read and change. */
export function readableCurlOf(
  { path, params = {}, tenant }: ApiCall,
  origin = globalThis.location.origin,
): string {
  const given = Object.entries(params).filter(([, value]) => value !== undefined)
  const words = given.map(([name, value]) => `--data-urlencode ${quoted(`${name}=${value}`)}`)
  return [`curl -G ${[...headersOf(tenant), `${origin}${path}`].join(' ')}`, ...words].join(' \\\n  ')
}
