// The list without a row: which cause it has, and the one action that helps.

import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense } from 'react'
import { newestQuery, type TracesQuestion } from '../api/queries.ts'
import { RANGES, type TimeRange } from '../api/time-range.ts'
import { LookBack, ToNewest } from '../empty/ways-out.tsx'
import { Mark } from '../ui/mark.tsx'

/** Most servers have spans: it is loaded where it is needed. */
const FirstSpans = lazy(() => import('../empty/first-spans.tsx'))

interface Props {
  question: TracesQuestion
  tenant: string | undefined
  isLive: boolean
  onRange: (range: TimeRange) => void
  onAllServices: () => void
}

export function NoTraces({ question, tenant, isLive, onRange, onAllServices }: Props) {
  const newest = useQuery(newestQuery(tenant))
  if (newest.data === null && question.service === undefined)
    return (
      <Suspense>
        <FirstSpans tenant={tenant} isLive={isLive} />
      </Suspense>
    )
  if (newest.isPending) return null
  const { service, range } = question
  return (
    <section className="message">
      <h2 className="message__title">
        <Mark state="idle" />
        {service === undefined ? 'No traces in this time' : `No traces of ${service} in this time`}
      </h2>
      <p>
        {range.kind === 'relative'
          ? `Nothing came in the ${RANGES[range.range].words.toLowerCase()}.`
          : 'Nothing lies in it.'}
      </p>
      <div className="message__actions">
        {service === undefined ? (
          <ToNewest newest={newest.data ?? null} range={range} onRange={onRange} />
        ) : (
          <>
            <button type="button" className="button" onClick={onAllServices}>
              Show all services
            </button>
            <LookBack range={range} onRange={onRange} />
          </>
        )}
      </div>
    </section>
  )
}
