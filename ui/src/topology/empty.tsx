// A graph without a node: which cause it has, and the one action that helps.

import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense } from 'react'
import type { GraphQuestion } from '../api/graph-question.ts'
import { newestQuery, type Tenant } from '../api/queries.ts'
import { RANGES, type TimeRange } from '../api/time-range.ts'
import { LookBack, ToNewest } from '../empty/ways-out.tsx'
import { Mark } from '../ui/mark.tsx'

/** Most servers have spans: it is loaded where it is needed. */
const FirstSpans = lazy(() => import('../empty/first-spans.tsx'))

interface Props {
  question: GraphQuestion
  tenant: Tenant
  isLive: boolean
  onRange: (range: TimeRange) => void
  onEverything: () => void
}

export function NoGraph({ question, tenant, isLive, onRange, onEverything }: Props) {
  const newest = useQuery(newestQuery(tenant))
  const { range, namespace, focus } = question
  const filters = [namespace === undefined ? null : `namespace ${namespace}`, focus ?? null].filter(
    part => part !== null,
  )
  if (filters.length > 0) {
    return (
      <Message title={`No traffic of ${filters.join(', ')} in this time`}>
        <button type="button" className="button" onClick={onEverything}>
          Show everything
        </button>
        <LookBack range={range} onRange={onRange} />
      </Message>
    )
  }
  if (newest.isPending) return null
  if (newest.data === null)
    return (
      <Suspense>
        <FirstSpans tenant={tenant} isLive={isLive} />
      </Suspense>
    )
  return (
    <Message
      title="No traffic in this time"
      words={
        range.kind === 'relative'
          ? `Nothing came in the ${RANGES[range.range].words.toLowerCase()}.`
          : 'Nothing lies in it.'
      }
    >
      <ToNewest newest={newest.data ?? null} range={range} onRange={onRange} />
    </Message>
  )
}

function Message({ title, words, children }: { title: string; words?: string; children: React.ReactNode }) {
  return (
    <section className="message">
      <h2 className="message__title">
        <Mark state="idle" />
        {title}
      </h2>
      {words === undefined ? null : <p>{words}</p>}
      <div className="message__actions">{children}</div>
    </section>
  )
}
