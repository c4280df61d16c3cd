// The graph of a question, kept up while it is live: by the stream where there is one, else by asking again.

import { type QueryClient, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState, useSyncExternalStore } from 'react'
import { after } from '../api/graph.ts'
import type { GraphQuestion } from '../api/graph-question.ts'
import { followGraph, type StreamState } from '../api/graph-stream.ts'
import { type GraphFeed, graphQuery, type Tenant } from '../api/queries.ts'
import type { Refresh } from '../api/refresh.ts'
import type { SchemaGraph } from '../api/schema.d.ts'
import { RANGES } from '../api/time-range.ts'
import { stringifySearch } from '../app/search.ts'
import { markOnce } from '../ui/marks.ts'
import { milliseconds, SECOND } from '../ui/units.ts'

/** A page that nobody has looked at for so long lets go of its stream. */
export const UNSEEN_MAX = milliseconds(60 * SECOND)

export function useGraph(tenant: Tenant, question: GraphQuestion, refresh: Refresh) {
  const path = streamPath(question)
  const [stream, setStream] = useState<StreamState>('connecting')
  const isSeen = useIsSeen()
  const isStreamed = refresh === 'live' && path !== null && isSeen
  const feed: GraphFeed = !isStreamed ? 'polling' : stream === 'open' ? 'stream' : 'instead of a stream'
  const options = graphQuery(tenant, question, refresh, feed)
  const query = useQuery(options)
  const client = useQueryClient()
  const key = JSON.stringify(options.queryKey)
  // The stream begins where the first answer ends.
  const hasBegun = query.data !== undefined && !query.isPlaceholderData
  useEffect(() => {
    if (!isStreamed || !hasBegun) return
    const queryKey = JSON.parse(key)
    const stop = new AbortController()
    void followGraph({ path, tenant, ...feeding(client, queryKey, setStream) }, stop.signal)
    return () => {
      stop.abort()
      setStream('connecting')
    }
  }, [client, path, tenant, key, isStreamed, hasBegun])
  return query
}

/** What the stream does to the answer in the cache. */
function feeding(client: QueryClient, queryKey: readonly unknown[], setStream: (state: StreamState) => void) {
  const known = () => client.getQueryData<SchemaGraph>(queryKey)
  return {
    since: () => known()?.rev,
    onEvent: (event: Parameters<typeof after>[1]) => {
      if (event.kind !== 'heartbeat') markOnce('topology-event')
      client.setQueryData<SchemaGraph>(queryKey, after(known(), event))
    },
    onState: (state: StreamState) => {
      // An answer that is on its way would be older than what the stream says.
      if (state === 'open') void client.cancelQueries({ queryKey })
      setStream(state)
    },
  }
}

/** Further back the server streams nothing: what is added up anew every second cannot be long. */
const STREAMED_MAX = RANGES['24h'].length

/** The stream tells of whole graphs up to now; null for a question that it does not answer. */
function streamPath({ range, by, namespace, focus }: GraphQuestion): string | null {
  if (range.kind === 'absolute' || RANGES[range.range].length > STREAMED_MAX) return null
  if (namespace !== undefined || focus !== undefined) return null
  return `/api/v1/stream${stringifySearch({ topics: 'graph', by, range: range.range })}`
}

/** Whether somebody looks at the page, or did a moment ago. */
function useIsSeen(): boolean {
  const isVisible = useSyncExternalStore(onVisibility, () => document.visibilityState !== 'hidden')
  const [isForgotten, setForgotten] = useState(false)
  useEffect(() => {
    if (isVisible) return setForgotten(false)
    const timer = setTimeout(() => setForgotten(true), UNSEEN_MAX)
    return () => clearTimeout(timer)
  }, [isVisible])
  return isVisible || !isForgotten
}

function onVisibility(reader: () => void): () => void {
  document.addEventListener('visibilitychange', reader)
  return () => document.removeEventListener('visibilitychange', reader)
}
