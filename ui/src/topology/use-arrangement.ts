// Where the nodes of the page stand. Laid out when a picture is first shown, and again only when somebody asks; between,
// who stands, stands. Kept with the answers: who comes back to the page finds it as it was.

import { queryOptions, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useMemo } from 'react'
import type { SchemaGraph } from '../api/schema.d.ts'
import { askLayout } from '../graph/layout/ask.ts'
import { grown } from '../graph/layout/grown.ts'
import type { Arrangement, Mesh } from '../graph/layout/mesh.ts'
import { MINUTE, milliseconds } from '../ui/units.ts'

/** Pictures that nobody looks at are kept for so long. */
const KEPT = milliseconds(30 * MINUTE)

const arrangementQuery = (picture: readonly unknown[], mesh: Mesh) =>
  queryOptions({
    queryKey: ['arrangement', ...picture],
    queryFn: ({ signal }) => askLayout(mesh, signal),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: KEPT,
    structuralSharing: false,
    retry: false,
  })

export interface Arranged {
  /** Null while it is laid out for the first time. */
  arrangement: Arrangement | null
  /** Lays it out anew. */
  tidy: () => void
}

/** `picture` names what is shown: another name is another picture. */
export function useArrangement(picture: readonly unknown[], graph: SchemaGraph): Arranged {
  const mesh = useMemo(() => meshOf(graph), [graph])
  const options = arrangementQuery(picture, mesh)
  const { data, refetch } = useQuery(options)
  const client = useQueryClient()
  const arrangement = useMemo(() => (data === undefined ? null : grown(data, mesh)), [data, mesh])
  const key = JSON.stringify(options.queryKey)
  useEffect(() => {
    // Who came stands from now on, too.
    if (arrangement !== null && arrangement !== data) client.setQueryData(JSON.parse(key), arrangement)
  }, [client, key, arrangement, data])
  return { arrangement, tidy: () => void refetch() }
}

function meshOf({ nodes, edges, entry_points }: SchemaGraph): Mesh {
  return { nodes: nodes.map(({ id }) => id), edges, entries: entry_points }
}
