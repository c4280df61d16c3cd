// The time as components read it: one timer for the page, running only while something shows an age.

import { useSyncExternalStore } from 'react'
import { type EpochMilliseconds, epochMilliseconds, SECOND } from './units.ts'

let now = epochMilliseconds(Date.now())
let timer: ReturnType<typeof setInterval> | undefined
const readers = new Set<() => void>()

function tick() {
  now = epochMilliseconds(Date.now())
  for (const reader of readers) reader()
}

function subscribe(reader: () => void) {
  readers.add(reader)
  if (timer === undefined) {
    tick()
    timer = setInterval(tick, SECOND)
  }
  return () => {
    readers.delete(reader)
    if (readers.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

/** The time, to the second. */
export function useNow(): EpochMilliseconds {
  return useSyncExternalStore(subscribe, () => now)
}
