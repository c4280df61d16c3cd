// The one door to the API. Paths, parameters and answers are typed by the server's own description.

import { Failure, failureOf } from './failure.ts'
import type { PrometheusPaths } from './prometheus.ts'
import type { paths } from './schema.d.ts'
import type { TempoPaths } from './tempo.ts'
import { readToken } from './token.ts'
import { type Called, clientOf } from './typed-fetch.ts'

const options = {
  headers: (): Record<string, string> => {
    const token = readToken()
    return token === null ? {} : { authorization: `Bearer ${token}` }
  },
}

export const api = clientOf<paths>(options)
export const prometheusApi = clientOf<PrometheusPaths>(options)
export const tempoApi = clientOf<TempoPaths>(options)

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
