// @vitest-environment happy-dom
import { beforeEach, expect, test, vi } from 'vitest'
import { clientOf } from './typed-fetch.ts'

interface Paths {
  '/things/{id}/parts': {
    get: {
      parameters: {
        path: { id: string }
        query?: { q?: string; kind?: string[]; limit?: number | null }
        header?: { 'X-Tenant'?: string }
      }
      responses: { 200: { content: { 'application/json': { parts: number } } } }
    }
  }
  '/ask': {
    post: {
      requestBody: { content: { 'application/json': { query: string } } }
      responses: { 200: { content: { 'application/json': { rows: number } } } }
    }
  }
}

const api = clientOf<Paths>({ headers: () => ({ authorization: 'Bearer secret' }) })
const asked: Request[] = []
let answer = () => Response.json({ parts: 3 })

beforeEach(() => {
  asked.length = 0
  answer = () => Response.json({ parts: 3 })
  vi.stubGlobal('fetch', async (request: Request) => {
    asked.push(request)
    return answer()
  })
})

const [path, parts] = ['/things/{id}/parts', (id: string) => ({ params: { path: { id } } })] as const

test('path, query and headers are what was given, and what was not given is not there', async () => {
  const { data } = await api.GET(path, {
    params: {
      path: { id: 'a/b' },
      query: { q: 'x & y', kind: ['one', 'two'], limit: null },
      header: { 'X-Tenant': 'acme' },
    },
  })
  expect(data).toEqual({ parts: 3 })
  const [request] = asked
  expect(request?.url).toMatch(/\/things\/a%2Fb\/parts\?q=x\+%26\+y&kind=one&kind=two$/)
  expect(request?.headers.get('x-tenant')).toBe('acme')
  expect(request?.headers.get('authorization')).toBe('Bearer secret')
  expect(request?.headers.has('content-type')).toBe(false)
})

test('a body is sent as JSON', async () => {
  await api.POST('/ask', { body: { query: 'select 1' } })
  const [request] = asked
  expect([request?.method, request?.headers.get('content-type')]).toEqual(['POST', 'application/json'])
  expect(await request?.json()).toEqual({ query: 'select 1' })
})

test('an answer that is an error is told, in JSON or not', async () => {
  answer = () => Response.json({ error: { message: 'no' } }, { status: 400 })
  expect(await api.GET(path, parts('a'))).toMatchObject({
    error: { error: { message: 'no' } },
    response: { status: 400 },
  })
  answer = () => new Response('<h1>Bad gateway</h1>', { status: 502 })
  const called = await api.GET(path, parts('a'))
  expect(called.data).toBeUndefined()
  expect(called.error).toBe('<h1>Bad gateway</h1>')
})

test('what is not JSON comes as it is asked for', async () => {
  const { data: blob } = await api.GET(path, { ...parts('a'), parseAs: 'blob' })
  expect(await blob?.text()).toBe('{"parts":3}')
  const { data: stream } = await api.GET(path, { ...parts('a'), parseAs: 'stream' })
  expect(await new Response(stream).json()).toEqual({ parts: 3 })
})

test('a call that is not wanted any more ends', async () => {
  vi.stubGlobal('fetch', async ({ signal }: Request) => signal.throwIfAborted())
  await expect(api.GET(path, { ...parts('a'), signal: AbortSignal.abort() })).rejects.toThrow(/abort/i)
})
