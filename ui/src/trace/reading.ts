// All that is worked out about a trace for what the URL asks: once for every part of the page.

import { useQuery } from '@tanstack/react-query'
import { useDeferredValue, useMemo } from 'react'
import { criticalPathQuery } from '../api/queries-trace.ts'
import { useTenant } from '../app/tenant.ts'
import { type ServiceName, serviceColours } from '../ui/service-colour.ts'
import { type Colouring, colouringOf } from './colouring.ts'
import { type CriticalPath, readPath } from './critical.ts'
import { foundIn } from './find.ts'
import { selfTimes } from './self-time.ts'
import { type Flags, type Sight, sightOf } from './sight.ts'
import type { Trace } from './span.ts'
import type { Tree } from './tree.ts'
import type { Looking } from './view.ts'

export type PathState =
  | { kind: 'off' }
  | { kind: 'loading' }
  | { kind: 'failed'; error: Error; retry: () => void }
  | { kind: 'known'; path: CriticalPath }

export interface Reading {
  traceId: string
  trace: Trace
  tree: Tree
  /** Nanoseconds by place. */
  self: Float64Array
  colours: ReadonlyMap<ServiceName, string>
  colouring: Colouring
  path: PathState
  /** The path where it is to be drawn. */
  drawn: CriticalPath | null
  /** What was looked for and found; null: nothing was looked for. */
  found: Flags | null
  sight: Sight
}

/** Of larger traces the path is only asked for where it is to be drawn. */
const ASKED_SPANS_MAX = 5000

export function useReading(traceId: string, trace: Trace, tree: Tree, looking: Looking): Reading {
  const { search, hidden, colourBy, isPathShown } = looking
  const self = useMemo(() => selfTimes(tree), [tree])
  const colours = useMemo(() => serviceColours(trace.spans.map(span => span.service)), [trace])
  const colouring = useMemo(() => colouringOf(colourBy, trace, colours), [colourBy, trace, colours])
  // The details say how long a span was waited for.
  const isAsked = isPathShown || (search.span !== undefined && trace.spans.length <= ASKED_SPANS_MAX)
  const path = usePath(traceId, trace, tree, isAsked)
  const drawn = isPathShown && path.kind === 'known' ? path.path : null
  const find = useDeferredValue(search.find)
  const found = useMemo(() => foundIn(tree, find), [tree, find])
  const only = onlyOf(search.only, found, drawn)
  const sight = useMemo(() => sightOf(tree, { hiddenServices: hidden, only }), [tree, hidden, only])
  // The same object while nothing of it is another: pictures are drawn again when it changes.
  return useMemo(
    () => ({ traceId, trace, tree, self, colours, colouring, path, drawn, found, sight }),
    [traceId, trace, tree, self, colours, colouring, path, drawn, found, sight],
  )
}

function onlyOf(only: Looking['search']['only'], found: Flags | null, drawn: CriticalPath | null) {
  if (only === 'matches') return found
  return only === 'path' ? (drawn?.flags ?? null) : null
}

function usePath(traceId: string, trace: Trace, tree: Tree, isAsked: boolean): PathState {
  const query = useQuery({
    ...criticalPathQuery(useTenant(), traceId, trace.spans.length),
    enabled: isAsked,
  })
  const { data, error, refetch } = query
  return useMemo((): PathState => {
    if (!isAsked) return { kind: 'off' }
    if (data !== undefined) return { kind: 'known', path: readPath(data, trace, tree) }
    return error === null ? { kind: 'loading' } : { kind: 'failed', error, retry: () => void refetch() }
  }, [isAsked, data, error, refetch, trace, tree])
}
