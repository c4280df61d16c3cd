// What the list offers for a text and a place in it: asks the server for names and values as they are needed.

import { useQuery } from '@tanstack/react-query'
import { useDeferredValue, useMemo } from 'react'
import type { Tenant } from '../../api/queries.ts'
import { tagNamesQuery, tagValuesQuery } from '../../api/queries-search.ts'
import type { TimeRange } from '../../api/time-range.ts'
import { wantedTag } from '../traceql/complete.ts'
import { positionAt } from '../traceql/position.ts'
import { COMMON_NAMES } from '../traceql/words.ts'
import { type Group, groupsOf } from './suggest.ts'

const SERVICE = 'service.name'
const NAMED_SERVICE = /\bservice\.name\s*=\s*"(?:[^"\\]|\\.)*"/g

export interface Typed {
  text: string
  caret: number
}

export function useSuggestions(
  typed: Typed,
  isOpen: boolean,
  tenant: Tenant,
  range: TimeRange,
  history: readonly string[],
): Group[] {
  // The letter that was typed is drawn before the list that fits it.
  const { text, caret } = useDeferredValue(typed)
  const position = useMemo(() => positionAt(text, caret), [text, caret])
  const tag = wantedTag(position)
  const names = useQuery({ ...tagNamesQuery(tenant, range), enabled: isOpen })
  const values = useQuery({
    ...tagValuesQuery(tenant, range, tag ?? '', tag === null ? undefined : servicesIn(text, tag)),
    enabled: isOpen && tag !== null,
  }).data
  return useMemo(
    () => groupsOf(text, position, names.data ?? COMMON_NAMES, values ?? [], history),
    [text, position, names.data, values, history],
  )
}

/** The services that a query names, as a query: of their spans only the values are wanted. */
function servicesIn(text: string, tag: string): string | undefined {
  const clauses = tag.endsWith(SERVICE) ? [] : [...text.matchAll(NAMED_SERVICE)].map(([clause]) => clause)
  return clauses.length === 0 ? undefined : `{ ${clauses.map(clause => `resource.${clause}`).join(' && ')} }`
}
