// @vitest-environment happy-dom
import { QueryObserver } from '@tanstack/react-query'
import { expect, test, vi } from 'vitest'
import { createQueryClient } from '../app/query-client.ts'
import { findsEachQuery } from './queries-search.ts'

const QUESTION = {
  range: { kind: 'relative', range: '15m' },
  service: undefined,
  limit: 20,
  q: '{ .a && .b }',
} as const

test('trials that were left half-way are asked to their end by who comes back', async () => {
  let isSlow = true
  const asked: (string | null)[] = []
  vi.stubGlobal('fetch', (request: Request) => {
    const q = new URL(request.url).searchParams.get('q')
    asked.push(q)
    if (q === '{ .b }' && isSlow) return new Promise(() => {})
    return Promise.resolve(Response.json({ traces: [], partial: null }))
  })
  const client = createQueryClient()
  const options = findsEachQuery(undefined, QUESTION, ['{ .a }', '{ .b }'])
  const data = () => client.getQueryData(options.queryKey)
  const leave = new QueryObserver(client, options).subscribe(() => {})
  await vi.waitFor(() => expect([data(), asked.at(-1)]).toEqual([{ '{ .a }': 'none' }, '{ .b }']))
  leave()
  client.removeQueries({ queryKey: ['finds'] })
  isSlow = false
  const leaveAgain = new QueryObserver(client, options).subscribe(() => {})
  await vi.waitFor(() => expect(data()).toEqual({ '{ .a }': 'none', '{ .b }': 'none' }))
  leaveAgain()
  const before = asked.length
  new QueryObserver(client, options).subscribe(() => {})()
  expect(asked).toHaveLength(before)
})
