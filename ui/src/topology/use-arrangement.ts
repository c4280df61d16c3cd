// Where the nodes of the page stand. Laid out when a picture is first shown, and again only when somebody asks; between,
// who stands, stands. Kept with the answers and on this machine: who comes back finds it as it was.

import { queryOptions, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useMemo, useState } from 'react'
import type { SchemaGraph } from '../api/schema.d.ts'
import type { Point } from '../graph/geometry.ts'
import { askLayout } from '../graph/layout/ask.ts'
import { grown, moved } from '../graph/layout/grown.ts'
import type { Arrangement } from '../graph/layout/mesh.ts'
import { nodeName } from '../graph/signal-text.ts'
import { MINUTE, milliseconds } from '../ui/units.ts'
import { arrangementAhead } from './ahead.ts'
import { isGrouped } from './grouping.ts'
import { keepArrangement, keptArrangement } from './kept-arrangement.ts'
import { arrangementKey, meshOf } from './mesh.ts'

/** Pictures that nobody looks at are kept for so long. */
const KEPT = milliseconds(30 * MINUTE)
const UNDO_MAX = 30

export type Group = 'ns' | 'off' | undefined

export interface Arranged {
  /** Null while it is laid out for the first time. */
  arrangement: Arrangement | null
  /** Lays it out anew. */
  tidy: () => void
  /** Puts a node elsewhere. */
  move: (id: string, place: Point) => void
  /** Takes back the last of these. */
  undo: () => void
  /** Null where there is nothing to take back. */
  last: Step | null
  /** What went wrong when it was last laid out; what is drawn stays. */
  failed: Failed | null
}

export interface Failed {
  error: Error
}

export interface Step {
  before: Arrangement
  /** What it did. */
  words: string
}

/** `picture` names what is shown: another name is another picture. */
export function useArrangement(picture: readonly unknown[], graph: SchemaGraph, group: Group): Arranged {
  const key = arrangementKey(picture)
  const client = useQueryClient()
  const queryKey = useMemo((): unknown[] => JSON.parse(key), [key])
  const known = client.getQueryData<Arrangement>(queryKey)
  const isByNamespace = isGrouped(graph, group, known)
  const mesh = useMemo(() => meshOf(graph, isByNamespace), [graph, isByNamespace])
  const { data, error, refetch } = useQuery(
    queryOptions({
      queryKey,
      queryFn: async ({ signal }) =>
        keptArrangement(key, mesh) ??
        (await (arrangementAhead(key, graph, isByNamespace)?.arranging ?? askLayout(mesh, signal))),
      // One that is there already is drawn at once.
      initialData: () => arrangementAhead(key, graph, isByNamespace)?.arrangement,
      staleTime: Number.POSITIVE_INFINITY,
      gcTime: KEPT,
      structuralSharing: false,
      retry: false,
    }),
  )
  const arrangement = useMemo(() => (data === undefined ? null : grown(data, mesh)), [data, mesh])
  useEffect(() => {
    // Who came stands from now on, too.
    if (arrangement !== null && arrangement !== data) client.setQueryData(queryKey, arrangement)
    if (arrangement !== null) keepArrangement(key, arrangement)
  }, [client, key, queryKey, arrangement, data])

  const [steps, setSteps] = useState<{ key: string; steps: readonly Step[] }>({ key, steps: [] })
  const past = steps.key === key ? steps.steps : []
  const last = past.at(-1)
  const change = (next: Arrangement, words: string) => {
    if (arrangement === null) return
    client.setQueryData(queryKey, next)
    setSteps({ key, steps: [...past, { before: arrangement, words }].slice(-UNDO_MAX) })
  }
  const [failed, setFailed] = useState<(Failed & { key: string }) | null>(null)
  const tidy = async () => {
    try {
      change(await askLayout(mesh, AbortSignal.timeout(MINUTE)), 'Laid out anew')
      setFailed(null)
    } catch (error) {
      setFailed({ key, error: error instanceof Error ? error : new Error(String(error)) })
    }
  }
  const first = useMemo(() => (error === null ? null : { error }), [error])
  return {
    arrangement,
    // Where the first time failed there is nothing to go back to.
    tidy: () => void (arrangement === null ? refetch() : tidy()),
    move: (id, place) => {
      const node = graph.nodes.find(node => node.id === id)
      if (arrangement === null || node === undefined) return
      change(moved(arrangement, id, place), `${nodeName(node)} stays where you put it`)
    },
    undo: () => {
      if (last === undefined) return
      client.setQueryData(queryKey, grown(last.before, mesh))
      setSteps({ key, steps: past.slice(0, -1) })
    },
    last: last ?? null,
    failed: failed?.key === key ? failed : first,
  }
}
