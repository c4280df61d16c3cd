// The list without a row: which cause it has, and the one action that helps.

import { useQuery } from '@tanstack/react-query'
import { newestQuery, type TracesQuestion } from '../api/queries.ts'
import { RANGES, type RangeName, rangeBackTo, type TimeRange } from '../api/time-range.ts'
import { useNow } from '../ui/clock.ts'
import { formatAge } from '../ui/format.ts'
import { Mark } from '../ui/mark.tsx'
import { type EpochMilliseconds, epochMilliseconds, MINUTE, milliseconds } from '../ui/units.ts'
import { FirstSpans } from './first-spans.tsx'

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
    return <FirstSpans tenant={tenant} isLive={isLive} />
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

const LONGEST: RangeName = '14d'

function LookBack({ range, onRange }: { range: TimeRange; onRange: (range: TimeRange) => void }) {
  if (range.kind === 'relative' && range.range === LONGEST) return null
  return (
    <button
      type="button"
      className="button button--main"
      onClick={() => onRange({ kind: 'relative', range: LONGEST })}
    >
      Look at the {RANGES[LONGEST].words.toLowerCase()}
    </button>
  )
}

interface ToNewestProps {
  /** When the newest of all traces ended; null if there is none, or nobody knows. */
  newest: EpochMilliseconds | null
  range: TimeRange
  onRange: (range: TimeRange) => void
}

/** Offers the range that holds the newest trace, if it is another. */
function ToNewest({ newest, range, onRange }: ToNewestProps) {
  const now = useNow()
  if (newest === null) return null
  const name = rangeBackTo(newest, now)
  if (range.kind === 'relative' && range.range === name) return null
  const around: TimeRange =
    name === null
      ? {
          kind: 'absolute',
          start: epochMilliseconds(newest - 15 * MINUTE),
          end: epochMilliseconds(newest + MINUTE),
        }
      : { kind: 'relative', range: name }
  return (
    <button type="button" className="button button--main" onClick={() => onRange(around)}>
      The newest trace came {formatAge(milliseconds(now - newest))} ago: show it
    </button>
  )
}
