// What was found, with all the states that it can be in.

import type { Tenant, TracesQuestion } from '../api/queries.ts'
import type { TimeRange } from '../api/time-range.ts'
import { FailureView } from '../app/failure-view.tsx'
import { Banner } from '../ui/banner.tsx'
import { NoTraces } from './empty.tsx'
import { Found } from './found.tsx'
import { NoMatch } from './none/no-match.tsx'
import { Progress } from './progress.tsx'
import type { TracesSearch } from './question.ts'
import { TracesSkeleton } from './skeleton.tsx'
import type { Shown } from './use-traces.ts'

export interface ResultProps {
  shown: Shown
  search: TracesSearch & { live?: 'off' | undefined }
  question: TracesQuestion
  tenant: Tenant
  /** Whether the server did not understand the query: the bar says so. */
  isRefused: boolean
  onAsk: (query: string) => void
  onRange: (range: TimeRange) => void
  onAllServices: () => void
}

export function TracesResult(props: ResultProps) {
  const { shown, isRefused } = props
  const { traces, error, isRunning } = shown
  if (isRefused && (traces === undefined || traces.length === 0)) return null
  if (traces === undefined && error !== null) return <FailureView error={error} onRetry={shown.again} />
  return (
    <>
      {error === null || isRefused ? null : (
        <Banner state="bad">
          {props.search.q === undefined ? 'The list could not be renewed' : 'The search broke off'}:{' '}
          {error.message}
          <button type="button" className="button" onClick={shown.again}>
            Try again
          </button>
        </Banner>
      )}
      {shown.search?.partial == null ? null : (
        <Banner state="warn">There may be more: {shown.search.partial}</Banner>
      )}
      {traces === undefined || (traces.length === 0 && isRunning) ? (
        <>
          {isRunning ? <Running shown={shown} /> : null}
          <TracesSkeleton />
        </>
      ) : traces.length === 0 ? (
        <Nothing {...props} />
      ) : (
        <Found {...props} traces={traces} />
      )}
    </>
  )
}

function Running({ shown }: { shown: Shown }) {
  return (
    <div className="traces-count muted" role="status">
      <Progress search={shown.search} isRunning onCancel={shown.stop} />
    </div>
  )
}

function Nothing({ shown, search, question, tenant, onAsk, onRange, onAllServices }: ResultProps) {
  const { q } = search
  if (q !== undefined && shown.search !== null) {
    return (
      <NoMatch
        key={q}
        question={{ ...question, q }}
        search={shown.search}
        tenant={tenant}
        onAsk={onAsk}
        onRange={onRange}
        onAllServices={onAllServices}
      />
    )
  }
  const isLive = question.range.kind === 'relative' && search.live !== 'off'
  return (
    <NoTraces
      question={question}
      tenant={tenant}
      isLive={isLive}
      onRange={onRange}
      onAllServices={onAllServices}
    />
  )
}
