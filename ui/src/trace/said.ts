// What the selected span says, asked for when it is selected; and ahead what one may look at next.

import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useMemo } from 'react'
import { forgetSpans, spanQuery } from '../api/queries-trace.ts'
import { useTenant } from '../app/tenant.ts'
import { at, NONE, type Trace } from './columns.ts'
import { type Details, detailsAt } from './details.ts'
import { rowOfKey, spanIdAt } from './ids.ts'
import { type Ground, step, type View } from './steps.ts'

export type Telling =
  | { kind: 'asking' }
  | { kind: 'failed'; error: Error; retry: () => void }
  | { kind: 'known'; details: Details }

/** What the span of a row says. */
export function useDetails(trace: Trace, row: number): Telling {
  const query = useQuery(spanQuery(useTenant(), trace.traceId, spanIdAt(trace, row)))
  const { data, error, refetch } = query
  return useMemo((): Telling => {
    const details = data === undefined ? undefined : detailsAt(trace, row, data)
    if (details !== undefined) return { kind: 'known', details }
    if (error !== null) return { kind: 'failed', error, retry: () => void refetch() }
    return { kind: 'asking' }
  }, [trace, row, data, error, refetch])
}

/** What the parent of a row says, if that has come. */
export function useParentDetails(trace: Trace, row: number): Details | undefined {
  const parent = at(trace.parent, row)
  const { data } = useQuery({
    ...spanQuery(useTenant(), trace.traceId, parent === NONE ? '' : spanIdAt(trace, parent)),
    enabled: parent !== NONE,
  })
  return data === undefined || parent === NONE ? undefined : detailsAt(trace, parent, data)
}

/** Asks for the next and the previous row and the next error, as soon as the selected span's own answer is there. */
export function useAskedAhead(ground: Ground, view: View, isKnown: boolean): void {
  const queryClient = useQueryClient()
  const tenant = useTenant()
  const { trace, hidden } = ground
  const { selected, folding } = view
  const ids = useMemo(
    () => (isKnown ? idsAround({ trace, hidden, found: null }, { selected, folding }) : []),
    [isKnown, trace, hidden, selected, folding],
  )
  useEffect(() => {
    for (const id of ids) void queryClient.prefetchQuery(spanQuery(tenant, trace.traceId, id))
    forgetSpans(queryClient)
  }, [queryClient, tenant, trace.traceId, ids])
}

function idsAround(ground: Ground, view: View): string[] {
  const { trace } = ground
  const keys = (['next', 'previous', 'next error'] as const).map(way => step(ground, view, way).selected)
  const rows = keys.map(key => rowOfKey(trace, key)).filter(row => row !== undefined)
  return [...new Set(rows)].map(row => spanIdAt(trace, row))
}
