// The answer to what the page's URL asks: the newest traces, those that a query finds, what they waited for, or series.

import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import type { Tenant, TracesQuestion } from '../api/queries.ts'
import { pathsQuery, pathsQuestion } from '../api/queries-analysis.ts'
import { refreshOf } from '../api/refresh.ts'
import { type Shape, shapeOf } from './metrics/shape.ts'
import { useMetrics } from './metrics/use-metrics.ts'
import type { TracesSearch } from './question.ts'
import { type Asks, useTraces } from './use-traces.ts'

export function useAnswers(
  search: TracesSearch & { live?: 'off' | undefined },
  question: TracesQuestion,
  tenant: Tenant,
) {
  const { q } = search
  const shape = useMemo(() => (q === undefined ? null : shapeOf(q)), [q])
  const asks = asksOf(search, shape)
  const refresh = refreshOf(question.range, search.live)
  const shown = useTraces(tenant, question, q, asks, refresh)
  const measured = useMetrics(tenant, q, shape, question.range, refresh)
  const waited = useQuery({ ...pathsQuery(tenant, pathsQuestion(question, q)), enabled: asks === 'paths' })
  const of = {
    list: { error: shown.error, again: shown.again, isUnderstood: false },
    search: { error: shown.error, again: shown.again, isUnderstood: shown.search !== null },
    paths: {
      error: waited.error,
      again: () => void waited.refetch(),
      isUnderstood: waited.data !== undefined && !waited.isPlaceholderData,
    },
    metrics: {
      error: measured.error,
      again: measured.again,
      isUnderstood: measured.data !== undefined && !measured.isStandIn,
    },
  }
  return { asks, shape, shown, measured, waited, ...of[asks] }
}

function asksOf({ q, view }: TracesSearch, shape: Shape | null): Asks {
  if (shape !== null) return 'metrics'
  if (view === 'paths') return 'paths'
  return q === undefined ? 'list' : 'search'
}
