import { type QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { type RouterHistory, RouterProvider } from '@tanstack/react-router'
import { useState } from 'react'
import { createAppRouter } from './router.tsx'

interface Props {
  queryClient: QueryClient
  /** The browser's when absent. */
  history?: RouterHistory
}

export function App({ queryClient, history }: Props) {
  const [router] = useState(() => createAppRouter(queryClient, history))
  return (
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  )
}
