// What is looked for in a trace. The server looks, since attributes are not here.

import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { matchesQuery } from '../api/queries-trace.ts'
import type { SpanMatches } from '../api/trace-columns.ts'
import { useTenant } from '../app/tenant.ts'
import { operationAt, type Trace } from './columns.ts'
import { ID_DIGITS, rowsOfId } from './ids.ts'
import type { Flags } from './sight.ts'

export interface Matches {
  /** Rows that were found. */
  flags: Flags
  /** Found in the whole trace. */
  count: number
  /** As many of them are known by their ids: the first. */
  known: number
  /** Of these, such as are not there. */
  missing: number
  /** The first of those; undefined if there are none. */
  firstMissing: string | undefined
}

export type Finding =
  | { kind: 'off' }
  | { kind: 'asking' }
  | { kind: 'failed'; error: Error; retry: () => void }
  /** `isLate`: a new answer is on its way. */
  | { kind: 'known'; matches: Matches; isLate: boolean }

/** Who still types `-` or `""` says nothing yet. */
export const saysSomething = (text: string): boolean => /[^\s"-]/.test(text)

export function useFinding(trace: Trace, find: string | undefined): Finding {
  const text = find ?? ''
  const isAsked = saysSomething(text)
  const query = useQuery({
    ...matchesQuery(useTenant(), trace.traceId, text, trace.spanCount),
    enabled: isAsked,
  })
  const { data, error, refetch, isPlaceholderData: isLate } = query
  const matches = useMemo(() => (data === undefined ? undefined : readMatches(trace, data)), [trace, data])
  return useMemo((): Finding => {
    if (!isAsked) return { kind: 'off' }
    if (error !== null) return { kind: 'failed', error, retry: () => void refetch() }
    return matches === undefined ? { kind: 'asking' } : { kind: 'known', matches, isLate }
  }, [isAsked, error, refetch, matches, isLate])
}

export function readMatches(trace: Trace, { id, kind, count }: SpanMatches): Matches {
  const flags = new Uint8Array(trace.rowCount)
  let missing = 0
  let firstMissing: string | undefined
  kind.forEach((one, place) => {
    const spanId = id.slice(place * ID_DIGITS, (place + 1) * ID_DIGITS)
    // Of several that have one id and kind the first that is free: both are in the order of the tree.
    const row = rowsOfId(trace, spanId).find(row => flags[row] === 0 && operationAt(trace, row)?.kind === one)
    if (row !== undefined) flags[row] = 1
    else {
      missing += 1
      firstMissing ??= spanId
    }
  })
  return { flags, count, known: kind.length, missing, firstMissing }
}
