// Which rows of a table are in sight of what scrolls. Their heights are known and not measured; the answer changes only every
// few rows, and at once: a row that comes a frame late is a white gap.

import { type RefObject, useCallback, useSyncExternalStore } from 'react'

/** Rows beyond those in sight, on both sides. */
const MORE = 10
/** Rows are added and taken away by so many at a time. */
const BLOCK = 8
/** Of the window's two numbers in one. */
const BASE = 1 << 16

export interface RowWindow {
  first: number
  /** Exclusive. */
  last: number
  /** Heights of those before and after them. */
  before: number
  after: number
}

/** `ends`: where each row ends, in pixels from the first; `head`: where the first begins in the table. */
export function useRows(
  table: RefObject<HTMLElement | null>,
  ends: readonly number[],
  head: number,
): RowWindow {
  const subscribe = useCallback(
    (tell: () => void) => {
      const main = scrollerOf(table.current)
      if (main === null) return () => {}
      main.addEventListener('scroll', tell, { passive: true })
      const observer = new ResizeObserver(tell)
      observer.observe(main)
      return () => {
        main.removeEventListener('scroll', tell)
        observer.disconnect()
      }
    },
    [table],
  )
  // Looked at with every render: what stands above the table may grow and shrink.
  const rows = useSyncExternalStore(subscribe, () => rowsInSight(table.current, ends, head))
  const [first, last] = [Math.floor(rows / BASE), rows % BASE]
  const all = ends.at(-1) ?? 0
  const before = ends[first - 1] ?? 0
  return { first, last, before, after: all - (ends[last - 1] ?? 0) }
}

const scrollerOf = (table: HTMLElement | null) => table?.closest('main') ?? null

function rowsInSight(table: HTMLElement | null, ends: readonly number[], head: number): number {
  const main = scrollerOf(table)
  // Before it is there it stands somewhere in the window.
  if (table === null || main === null) return windowOf(ends, 0, globalThis.innerHeight)
  const top = main.getBoundingClientRect().top - table.getBoundingClientRect().top - head
  return windowOf(ends, top, top + main.clientHeight)
}

/** The rows between two heights and some more, as one number. */
export function windowOf(ends: readonly number[], top: number, bottom: number): number {
  const first = Math.floor((rowAt(ends, top) - MORE) / BLOCK) * BLOCK
  const last = Math.ceil((rowAt(ends, bottom) + 1 + MORE) / BLOCK) * BLOCK
  return Math.max(0, first) * BASE + Math.min(ends.length, last)
}

/** The row at a height: the first that ends below it. */
function rowAt(ends: readonly number[], height: number): number {
  let [low, high] = [0, ends.length]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if ((ends[middle] ?? 0) > height) high = middle
    else low = middle + 1
  }
  return low
}
