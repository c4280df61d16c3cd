// What a metrics query gives; nothing is asked of a query that finds traces.

import { useQuery } from '@tanstack/react-query'
import type { Tenant } from '../../api/queries.ts'
import { type MeasuredMetrics, metricsQuery } from '../../api/queries-metrics.ts'
import type { Refresh } from '../../api/refresh.ts'
import type { TimeRange } from '../../api/time-range.ts'
import type { Shape } from './shape.ts'

export interface Measured {
  /** Undefined before the first answer. */
  data: MeasuredMetrics | undefined
  /** Whether it is still the answer to another question. */
  isStandIn: boolean
  isRunning: boolean
  error: Error | null
  again: () => void
}

export function useMetrics(
  tenant: Tenant,
  q: string | undefined,
  shape: Shape | null,
  range: TimeRange,
  refresh: Refresh,
): Measured {
  const isAsked = q !== undefined && shape !== null
  const query = useQuery({
    ...metricsQuery(tenant, { q: q ?? '', range, steps: shape?.steps ?? 1 }, refresh),
    ...(isAsked ? {} : { enabled: false, meta: {} }),
  })
  return {
    data: query.data,
    isStandIn: query.isPlaceholderData,
    isRunning: query.isFetching,
    error: query.error,
    again: () => void query.refetch(),
  }
}
