// The traces that the page shows: the newest, or those that a query finds while they are found.

import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { type Tenant, type TracesQuestion, tracesQuery } from '../api/queries.ts'
import { isCheap, searchKey, searchQuery, stopSearch } from '../api/queries-search.ts'
import type { Refresh } from '../api/refresh.ts'
import type { SchemaTraceItem } from '../api/schema.d.ts'
import type { Search } from '../api/search.ts'

export interface Shown {
  /** Undefined before the first answer. */
  traces: SchemaTraceItem[] | undefined
  /** How the search stands; null of the plain list, and before its answer begins. */
  search: Search | null
  /** Whether a search runs that nobody has the answer of yet. */
  isRunning: boolean
  /** Whether these are still the answer to another question. */
  isStandIn: boolean
  error: Error | null
  again: () => void
  stop: () => void
}

/** What another query than the one shown has to say to the live indicator. */
const SILENT = { enabled: false, meta: {} }

/** What the page asks for: traces, as a list or found by a query, or something else. */
export type Asks = 'list' | 'search' | 'paths' | 'metrics'

export function useTraces(
  tenant: Tenant,
  question: TracesQuestion,
  q: string | undefined,
  asks: Asks,
  refresh: Refresh,
): Shown {
  const client = useQueryClient()
  const list = useQuery({ ...tracesQuery(tenant, question, refresh), ...(asks === 'list' ? {} : SILENT) })
  const searched = { ...question, q: q ?? '' }
  const key = searchKey(tenant, searched)
  // A search that takes long is not run again by itself, and so is not live.
  const isLive = isCheap(client.getQueryData<Search>(key))
  const found = useQuery({
    ...searchQuery(tenant, searched, isLive ? refresh : undefined),
    ...(asks === 'search' ? {} : SILENT),
  })
  const current = q === undefined ? list : found
  const now = q === undefined ? list.data : found.data?.traces
  // What was shown stays while another question is asked, and where it cannot be answered.
  const [last, setLast] = useState(now)
  if (now !== undefined && now !== last) setLast(now)
  const traces = now ?? last
  const isStandIn = current.isPlaceholderData || (now === undefined && last !== undefined)
  if (q === undefined) {
    return {
      traces,
      search: null,
      isRunning: false,
      isStandIn,
      error: list.error,
      again: () => void list.refetch(),
      stop: () => {},
    }
  }
  // A list that is complete is renewed without a word.
  const isRunning = found.isFetching && (isStandIn || found.data?.state !== 'done')
  return {
    traces,
    search: found.isPlaceholderData ? null : (found.data ?? null),
    isRunning,
    isStandIn,
    error: found.error,
    again: () => void client.resetQueries({ queryKey: key, exact: true }),
    stop: () => stopSearch(key),
  }
}
