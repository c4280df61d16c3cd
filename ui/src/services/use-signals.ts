// The signals of a service, and where asked for those of the period before.

import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import type { Tenant } from '../api/queries.ts'
import { earlierSignalsQuery, type SignalsQuestion, signalsQuery } from '../api/queries-services.ts'
import type { Refresh } from '../api/refresh.ts'
import { earlierQuestion, laidOver } from './earlier.ts'
import type { Earlier } from './series.ts'

export function useSignals(tenant: Tenant, question: SignalsQuestion, refresh: Refresh, isCompared: boolean) {
  const query = useQuery(signalsQuery(tenant, question, refresh))
  const now = query.data?.data ?? null
  const before = useQuery({
    ...earlierSignalsQuery(tenant, now === null ? question : earlierQuestion(question, now)),
    enabled: isCompared && now !== null,
  })
  const was = before.data?.data ?? null
  const isAbsent = before.data?.data === null
  const earlier = useMemo((): Earlier | undefined => {
    if (!isCompared || now === null) return undefined
    return { signals: was, isAbsent, over: laidOver(now, was) }
  }, [isCompared, now, was, isAbsent])
  return { query, earlier }
}
