// No service: which cause it has, and the one action that helps.

import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { newestQuery, type Tenant } from '../api/queries.ts'
import { RANGES, type TimeRange } from '../api/time-range.ts'
import { paths } from '../app/paths.ts'
import { LookBack, ToNewest } from '../empty/ways-out.tsx'
import { counted } from '../ui/format.ts'
import { Mark } from '../ui/mark.tsx'
import type { ServicesSearch } from './search.ts'

/** Most servers have spans: it is loaded where it is needed. */
const FirstSpans = lazy(() => import('../empty/first-spans.tsx'))

interface NoServicesProps {
  range: TimeRange
  tenant: Tenant
  isLive: boolean
  onRange: (range: TimeRange) => void
}

export function NoServices({ range, tenant, isLive, onRange }: NoServicesProps) {
  const newest = useQuery(newestQuery(tenant))
  if (newest.isPending) return null
  if (newest.data === null)
    return (
      <Suspense>
        <FirstSpans tenant={tenant} isLive={isLive} />
      </Suspense>
    )
  return (
    <Message title="No service had a call in this time" words={wordsOf(range)}>
      <ToNewest newest={newest.data ?? null} range={range} onRange={onRange} />
    </Message>
  )
}

interface FilteredProps {
  search: ServicesSearch
  count: number
  onClear: () => void
}

export function FilteredAway({ search: { find, namespace }, count, onClear }: FilteredProps) {
  const filters = [
    ...(find === undefined ? [] : [`the text “${find}”`]),
    ...(namespace === undefined ? [] : [`the namespace ${namespace}`]),
  ]
  return (
    <Message
      title="No service is left"
      words={`${counted(count, 'service')} had calls; ${filters.join(' and ')} ${filters.length === 1 ? 'hides' : 'hide'} all of them.`}
    >
      <button type="button" className="button button--main" onClick={onClear}>
        Show all services
      </button>
    </Message>
  )
}

interface NoServiceProps {
  id: string
  /** What the server says. */
  why: string
  range: TimeRange
  onRange: (range: TimeRange) => void
}

export function NoService({ id, why, range, onRange }: NoServiceProps) {
  return (
    <Message title={`No calls of ${id} in this time`} words={`The server says: ${why}.`}>
      <LookBack range={range} onRange={onRange} />
      <Link to={paths.services} className="button">
        All services
      </Link>
    </Message>
  )
}

function wordsOf(range: TimeRange): string {
  return range.kind === 'relative'
    ? `Nothing came in the ${RANGES[range.range].words.toLowerCase()}.`
    : 'Nothing lies in it.'
}

function Message({ title, words, children }: { title: string; words: string; children: React.ReactNode }) {
  return (
    <section className="message">
      <h2 className="message__title">
        <Mark state="idle" />
        {title}
      </h2>
      <p>{words}</p>
      <div className="message__actions">{children}</div>
    </section>
  )
}
