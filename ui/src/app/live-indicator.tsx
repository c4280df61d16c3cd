// Says in the top bar how fresh the page is. It reads the page's live query from the query cache: pages need not report.

import { type Query, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Pause, Play } from 'lucide-react'
import { useSyncExternalStore } from 'react'
import { useNow } from '../ui/clock.ts'
import { formatAge } from '../ui/format.ts'
import { Mark, type State } from '../ui/mark.tsx'
import { useHotkeys } from './hotkeys.ts'
import { type Freshness, type LiveState, liveState } from './live.ts'

const isShown = (query: Query) => query.meta?.refresh !== undefined && query.getObserversCount() > 0

/** How fresh the page's live query is; null on a page without one. */
function useFreshness(): Freshness | null {
  const cache = useQueryClient().getQueryCache()
  const subscribe = (reader: () => void) => cache.subscribe(reader)
  const query = () => cache.getAll().find(isShown)
  const state = useSyncExternalStore(subscribe, () => query()?.state)
  const meta = useSyncExternalStore(subscribe, () => query()?.meta)
  return state === undefined || meta?.refresh === undefined
    ? null
    : { ...state, ...meta, refresh: meta.refresh }
}

export function LiveIndicator() {
  const freshness = useFreshness()
  return freshness === null ? null : <Indicator freshness={freshness} />
}

function Indicator({ freshness }: { freshness: Freshness }) {
  const state = liveState(freshness, useNow())
  const navigate = useNavigate()
  const isPaused = freshness.refresh === 'paused'
  const toggle = () =>
    navigate({
      to: '.',
      search: search => ({ ...search, live: isPaused ? undefined : 'off' }),
      replace: true,
    })
  const canToggle = freshness.refresh !== 'fixed'
  useHotkeys(canToggle ? { pause: toggle } : {})
  const Icon = isPaused ? Play : Pause
  const words = isPaused ? 'Resume live updates' : 'Pause live updates'
  return (
    <div className="live" data-live={state.kind}>
      <Mark state={MARKS[state.kind]} />
      <span className="live__words">{wordsOf(state)}</span>
      {canToggle ? (
        <button
          type="button"
          className="button button--icon"
          onClick={toggle}
          aria-label={words}
          title={`${words} (Space)`}
        >
          <Icon size={14} aria-hidden="true" />
        </button>
      ) : null}
    </div>
  )
}

const MARKS: Record<LiveState['kind'], State> = {
  loading: 'idle',
  live: 'ok',
  stale: 'warn',
  paused: 'idle',
  reconnecting: 'warn',
  stopped: 'bad',
  fixed: 'idle',
}

function wordsOf(state: LiveState): string {
  switch (state.kind) {
    case 'loading':
      return 'Loading'
    case 'live':
      return state.isPolled ? 'Live, polled' : 'Live'
    case 'stale':
      return `Stale, ${formatAge(state.age)} old`
    case 'paused':
      return `Paused, ${formatAge(state.age)} old`
    case 'reconnecting':
      return state.retryIn > 0 ? `Reconnecting in ${formatAge(state.retryIn)}` : 'Reconnecting'
    case 'stopped':
      return 'Stopped'
    case 'fixed':
      return 'Fixed time range'
  }
}
