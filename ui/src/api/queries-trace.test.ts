// @vitest-environment happy-dom
import { QueryClient } from '@tanstack/react-query'
import { expect, test } from 'vitest'
import { forgetSpans, spanQuery } from './queries-trace.ts'

test('a hundred spans are kept, those that were asked for last', () => {
  const queryClient = new QueryClient()
  const key = (span: number) => spanQuery(undefined, '7', String(span)).queryKey
  for (let span = 0; span < 150; span++) queryClient.setQueryData(key(span), [], { updatedAt: 1000 + span })
  queryClient.setQueryData(['trace', undefined, '7'], 'not a span')
  forgetSpans(queryClient)
  const known = Array.from({ length: 150 }, (_, span) => queryClient.getQueryData(key(span)) !== undefined)
  expect(known).toEqual(Array.from({ length: 150 }, (_, span) => span >= 50))
  expect(queryClient.getQueryData(['trace', undefined, '7'])).toBe('not a span')
})
