// All that is worked out about a trace for what the URL asks: once for every part of the page.

import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { criticalPathQuery } from '../api/queries-trace.ts'
import { useTenant } from '../app/tenant.ts'
import { type ServiceName, serviceColours } from '../ui/service-colour.ts'
import { type Colouring, colouringOf } from './colouring.ts'
import type { Trace } from './columns.ts'
import { type CriticalPath, readPath } from './critical.ts'
import { type Finding, useFinding } from './finding.ts'
import { selfTimes } from './self-time.ts'
import { type Flags, type Sight, sightOf } from './sight.ts'
import { type Summary, summaryOf } from './summary.ts'
import type { Looking } from './view.ts'

export type PathState =
  | { kind: 'off' }
  | { kind: 'loading' }
  | { kind: 'failed'; error: Error; retry: () => void }
  | { kind: 'known'; path: CriticalPath }

export interface Reading {
  traceId: string
  trace: Trace
  /** Nanoseconds by row, as far as what is below it is there. */
  self: Float64Array
  summary: Summary
  colours: ReadonlyMap<ServiceName, string>
  colouring: Colouring
  path: PathState
  /** The path where it is to be drawn. */
  drawn: CriticalPath | null
  finding: Finding
  /** Rows that were looked for and found; null: nothing was looked for, or no answer has come. */
  found: Flags | null
  sight: Sight
}

/** Of larger traces the path is only asked for where it is to be drawn. */
const ASKED_SPANS_MAX = 5000

export function useReading(traceId: string, trace: Trace, looking: Looking): Reading {
  const { search, hidden, colourBy, isPathShown } = looking
  const self = useMemo(() => selfTimes(trace), [trace])
  const summary = useMemo(() => summaryOf(trace, self), [trace, self])
  const colours = useMemo(() => serviceColours(summary.services.map(({ service }) => service)), [summary])
  const colouring = useMemo(() => colouringOf(colourBy, trace, colours), [colourBy, trace, colours])
  // The details say how long a span was waited for.
  const isAsked = isPathShown || (search.span !== undefined && trace.spanCount <= ASKED_SPANS_MAX)
  const path = usePath(traceId, trace, isAsked)
  const drawn = isPathShown && path.kind === 'known' ? path.path : null
  const finding = useFinding(trace, search.find)
  const found = finding.kind === 'known' ? finding.matches.flags : null
  const only = onlyOf(search.only, found, drawn)
  const sight = useMemo(() => sightOf(trace, { hiddenServices: hidden, only }), [trace, hidden, only])
  // The same object while nothing of it is another: pictures are drawn again when it changes.
  return useMemo(
    () => ({ traceId, trace, self, summary, colours, colouring, path, drawn, finding, found, sight }),
    [traceId, trace, self, summary, colours, colouring, path, drawn, finding, found, sight],
  )
}

function onlyOf(only: Looking['search']['only'], found: Flags | null, drawn: CriticalPath | null) {
  if (only === 'matches') return found
  return only === 'path' ? (drawn?.flags ?? null) : null
}

function usePath(traceId: string, trace: Trace, isAsked: boolean): PathState {
  const query = useQuery({
    ...criticalPathQuery(useTenant(), traceId, trace.spanCount),
    enabled: isAsked,
  })
  const { data, error, refetch } = query
  return useMemo((): PathState => {
    if (!isAsked) return { kind: 'off' }
    if (data !== undefined) return { kind: 'known', path: readPath(data, trace) }
    return error === null ? { kind: 'loading' } : { kind: 'failed', error, retry: () => void refetch() }
  }, [isAsked, data, error, refetch, trace])
}
