// A span that the URL names and that is not among the rows: why that is, and what helps.

import { useQuery } from '@tanstack/react-query'
import { Failure } from '../api/failure.ts'
import { spanQuery } from '../api/queries-trace.ts'
import { useTenant } from '../app/tenant.ts'
import { Banner } from '../ui/banner.tsx'
import { formatCount } from '../ui/format.ts'
import { missingIn, type Trace } from './columns.ts'
import type { Details } from './details.ts'
import { idInKey } from './ids.ts'
import type { Openings } from './opening.ts'

export type Lost =
  | { kind: 'asking' }
  | { kind: 'unknown' }
  | { kind: 'failed'; error: Error; retry: () => void }
  /** It is in the trace, but not in the part that is here. */
  | { kind: 'elsewhere'; details: Details }

/** Asks for a span by its key, where a part of the trace is not here; null if none is lost. */
export function useLost(trace: Trace, key: string | undefined): Lost | null {
  const spanId = key === undefined ? '' : idInKey(key)
  const isAsked = key !== undefined && missingIn(trace) > 0 && /^[0-9a-f]{16}$/.test(spanId)
  const query = useQuery({ ...spanQuery(useTenant(), trace.traceId, spanId), enabled: isAsked })
  if (key === undefined) return null
  const { data, error, refetch } = query
  if (!isAsked) return { kind: 'unknown' }
  const details = data?.[0]
  if (details !== undefined) return { kind: 'elsewhere', details }
  if (error === null) return data === undefined ? { kind: 'asking' } : { kind: 'unknown' }
  const isUnknown = error instanceof Failure && error.kind === 'not_found'
  return isUnknown ? { kind: 'unknown' } : { kind: 'failed', error, retry: () => void refetch() }
}

interface Props {
  lost: Lost
  spanKey: string
  trace: Trace
  openings: Openings
  onForget: () => void
}

export function LostSpan({ lost, spanKey, trace, openings, onForget }: Props) {
  const forget = (
    <button type="button" className="button" onClick={onForget}>
      Forget it
    </button>
  )
  switch (lost.kind) {
    case 'asking':
      return null
    case 'unknown':
      return (
        <Banner state="warn">
          <span>
            No span of this trace has the id <code>{spanKey}</code>.
          </span>
          {forget}
        </Banner>
      )
    case 'failed':
      return (
        <Banner state="bad">
          <span>
            The span <code>{spanKey}</code> is not shown and did not come: {lost.error.message}
          </span>
          <button type="button" className="button" onClick={lost.retry}>
            Retry
          </button>
          {forget}
        </Banner>
      )
    case 'elsewhere':
      return (
        <Banner state="warn">
          <span>
            The span <code>{spanKey}</code> is not among the {formatCount(trace.rowCount)} that are shown.
          </span>
          <OpenAround spanId={idInKey(spanKey)} openings={openings} />
          {forget}
        </Banner>
      )
  }
}

function OpenAround({ spanId, openings }: { spanId: string; openings: Openings }) {
  const state = openings.states.get(spanId)
  const isAsking = state?.kind === 'asking'
  return (
    <>
      <button
        type="button"
        className="button"
        disabled={isAsking}
        onClick={() => openings.openAround(spanId)}
      >
        <span aria-live="polite">{isAsking ? 'Opening' : 'Open the way to it'}</span>
      </button>
      {state?.kind === 'failed' ? <span role="alert">{state.error.message}</span> : null}
    </>
  )
}
