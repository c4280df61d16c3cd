import { QueryClient } from '@tanstack/react-query'

/** An answer as old as this is shown without asking again: a page that just loaded does not ask twice. */
const FRESH_MS = 1000

export function createQueryClient(): QueryClient {
  return new QueryClient({
    // Browsers call a machine without a network "offline", and a server on it can be reached all the same.
    defaultOptions: { queries: { networkMode: 'always', staleTime: FRESH_MS } },
  })
}
