// How a search stands: how far it has come while it runs, and what it took once it is done.

import { X } from 'lucide-react'
import type { Search } from '../api/search.ts'
import { counted, formatClock, formatCount, formatDuration, formatShare } from '../ui/format.ts'
import { type EpochMilliseconds, epochNanoseconds, nsOfMs } from '../ui/units.ts'

interface Props {
  /** Null before the first piece of the answer. */
  search: Search | null
  isRunning: boolean
  onCancel: () => void
}

export function Progress({ search, isRunning, onCancel }: Props) {
  if (!isRunning) return search === null ? null : <Outcome search={search} />
  return (
    <div className="search-progress">
      <progress
        className="search-progress__bar"
        aria-label="Search"
        max={1}
        {...(search?.progress == null ? {} : { value: search.progress })}
      />
      <span>{search === null ? 'Searching' : runningWords(search)}</span>
      <button type="button" className="button" onClick={onCancel}>
        <X size={14} aria-hidden="true" />
        Cancel
      </button>
    </div>
  )
}

function runningWords({ searchedFrom, progress }: Search): string {
  if (searchedFrom === null || progress === null) return 'Searching'
  return `Searched back to ${clock(searchedFrom)}, ${formatShare(progress)} of the time`
}

function Outcome({ search }: { search: Search }) {
  const { state, took, inspected, searchedFrom } = search
  const stopped =
    searchedFrom === null
      ? 'You stopped the search: there may be more.'
      : `You stopped the search: it has come back to ${clock(searchedFrom)}.`
  return (
    <>
      {state === 'stopped' ? <strong>{stopped} </strong> : null}
      {inspected === null
        ? ''
        : `${counted(inspected.spans, 'span')} of ${counted(inspected.traces, 'trace')} read in `}
      {formatDuration(nsOfMs(took))}
    </>
  )
}

function clock(moment: EpochMilliseconds): string {
  return formatClock(epochNanoseconds(BigInt(moment) * 1_000_000n)).slice(0, 8)
}

/** `37 traces`; of a list that is cut: which. */
export function countWords(count: number, limit: number): string {
  return count < limit ? counted(count, 'trace') : `The newest ${formatCount(count)} traces`
}
