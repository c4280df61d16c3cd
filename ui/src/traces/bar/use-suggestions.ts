// What the list offers for a text and a place in it: asks the server for names and values as they are needed.

import { useQuery } from '@tanstack/react-query'
import { useDeferredValue, useMemo } from 'react'
import type { Tenant } from '../../api/queries.ts'
import { tagNamesQuery, tagValuesQuery } from '../../api/queries-search.ts'
import type { TimeRange } from '../../api/time-range.ts'
import { type TypedValue, wantedTag } from '../traceql/complete.ts'
import { narrowingAt } from '../traceql/narrowing.ts'
import { positionAt } from '../traceql/position.ts'
import { COMMON_NAMES } from '../traceql/words.ts'
import { type Group, groupsOf } from './suggest.ts'

const SERVICE = 'service.name'

export interface Typed {
  text: string
  caret: number
}

export interface Asked {
  tenant: Tenant
  range: TimeRange
  /** Services that are known without asking. */
  services: readonly string[]
}

interface Suggestions {
  groups: Group[]
  /** Whether the server has not said yet what there is. */
  isPending: boolean
}

export function useSuggestions(
  typed: Typed,
  isOpen: boolean,
  { tenant, range, services }: Asked,
  history: readonly string[],
): Suggestions {
  // The letter that was typed is drawn before the list that fits it.
  const { text, caret } = useDeferredValue(typed)
  const position = useMemo(() => positionAt(text, caret), [text, caret])
  const tag = wantedTag(position)
  const names = useQuery({ ...tagNamesQuery(tenant, range), enabled: isOpen })
  const values = useQuery({
    ...tagValuesQuery(tenant, range, tag ?? '', tag === null ? undefined : narrowingAt(text, position.from)),
    enabled: isOpen && tag !== null,
  })
  const groups = useMemo(() => {
    const known = values.data ?? (tag?.endsWith(SERVICE) ? services.map(asText) : [])
    return groupsOf(text, position, names.data ?? COMMON_NAMES, known, history)
  }, [text, position, names.data, values.data, tag, services, history])
  return { groups, isPending: position.place.kind === 'field' ? names.isFetching : values.isFetching }
}

const asText = (value: string): TypedValue => ({ type: 'string', value })
