// The keys of a page that looks at a time range.

import { useLocation } from '@tanstack/react-router'
import { fixed, searchOf, type TimeRange } from '../api/time-range.ts'
import { copyText } from '../ui/copy.ts'
import { type EpochMilliseconds, epochMilliseconds } from '../ui/units.ts'
import { useHotkeys } from './hotkeys.ts'
import { liveOf, shifted, zoomed } from './move-time.ts'
import { stringifySearch } from './search.ts'

export function useTimeKeys(range: TimeRange, onChoose: (range: TimeRange) => void): void {
  const { pathname, search } = useLocation()
  const now = () => epochMilliseconds(Date.now())
  const go = (next: TimeRange) => {
    if (JSON.stringify(next) !== JSON.stringify(range)) onChoose(next)
  }
  useHotkeys({
    timeBack: () => go(shifted(range, -1, now())),
    timeForward: () => go(shifted(range, 1, now())),
    timeCloser: () => go(zoomed(range, 'closer', now())),
    timeWider: () => go(zoomed(range, 'wider', now())),
    timeLive: () => go(liveOf(range)),
    timeLink: () => void copyText(linkTo({ pathname, search }, range, now())),
  })
}

/** A link that shows the same tomorrow: what "now" is today is written down. */
export function linkTo(
  { pathname, search }: { pathname: string; search: object },
  range: TimeRange,
  now: EpochMilliseconds,
): string {
  const time = { range: undefined, ...searchOf(fixed(range, now)) }
  return `${globalThis.location.origin}${pathname}${stringifySearch({ ...search, ...time })}`
}
