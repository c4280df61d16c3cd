// The moment that is pointed at in any chart of a page, so that all of them show it. Outside React's state: a pointer moves
// more often than a page should be rendered, and only what says the values listens.

import { useSyncExternalStore } from 'react'

export interface Cursor {
  /** Begin of a step, in seconds since the epoch; null: nobody points at a chart. */
  read: () => number | null
  point: (time: number | null) => void
  subscribe: (reader: () => void) => () => void
}

export function createCursor(): Cursor {
  let time: number | null = null
  const readers = new Set<() => void>()
  return {
    read: () => time,
    point(next) {
      if (next === time) return
      time = next
      for (const reader of readers) reader()
    },
    subscribe(reader) {
      readers.add(reader)
      return () => readers.delete(reader)
    },
  }
}

export function useCursorTime(cursor: Cursor): number | null {
  return useSyncExternalStore(cursor.subscribe, cursor.read)
}
