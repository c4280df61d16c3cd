// @vitest-environment happy-dom
import { QueryClientProvider } from '@tanstack/react-query'
import { act, renderHook, waitFor } from '@testing-library/react'
import { expect, test, vi } from 'vitest'
import { createQueryClient } from '../app/query-client.ts'
import { askLayout } from '../graph/layout/ask.ts'
import { edge, graph, node } from '../test/graph.ts'
import { useArrangement } from './use-arrangement.ts'

vi.mock(import('../graph/layout/ask.ts'), { spy: true })

const MESH = graph([node('shop/web'), node('shop/cart')], [edge('shop/web', 'shop/cart')])
const broken = new Error('the worker broke')

function arrange() {
  const client = createQueryClient()
  const wrapper = ({ children }: React.PropsWithChildren) => (
    <QueryClientProvider client={client}>{children}</QueryClientProvider>
  )
  return renderHook(() => useArrangement(['test'], MESH, undefined), { wrapper }).result
}

test('what is drawn stays where laying it out anew fails, and that is said', async () => {
  const result = arrange()
  await waitFor(() => expect(result.current.arrangement).not.toBeNull())
  const before = result.current.arrangement
  vi.mocked(askLayout).mockRejectedValueOnce(broken)
  act(() => result.current.tidy())
  await waitFor(() => expect(result.current.failed?.error).toBe(broken))
  expect(result.current.arrangement).toBe(before)
  expect(result.current.last).toBeNull()
})

test('where the first layout fails it can be asked for again', async () => {
  vi.mocked(askLayout).mockRejectedValueOnce(broken)
  const result = arrange()
  await waitFor(() => expect(result.current.failed?.error).toBe(broken))
  expect(result.current.arrangement).toBeNull()
  act(() => result.current.tidy())
  await waitFor(() => expect(result.current.arrangement).not.toBeNull())
  expect(result.current.failed).toBeNull()
})
