// Which rows of equal height are in sight of a scrolled element. The answer changes only every few rows, and at once: a row
// that comes a frame late is a white gap.

import { type RefObject, useCallback, useEffect, useState, useSyncExternalStore } from 'react'
import { whenShown } from '../ui/idle.ts'

/** As `--row` in the style sheet. */
export const ROW_HEIGHT = 24
/** Rows are added and taken away by so many at a time. */
const BLOCK = 8
/** So much of the window is above the scrolled element of most traces. */
const ABOVE = 304
/** Of a row's height, above the rows whatever is scrolled. */
const HEAD = ROW_HEIGHT
/** Of the window's two numbers in one. */
const BASE = 4096

export interface RowWindow {
  first: number
  /** Exclusive. */
  last: number
  /** Of elements that are reused while it moves. */
  slots: number
}

export function useRows(scroller: RefObject<HTMLElement | null>, count: number): RowWindow {
  const subscribe = useCallback(
    (tell: () => void) => {
      const element = scroller.current
      if (element === null) return () => {}
      element.addEventListener('scroll', tell, { passive: true })
      const observer = new ResizeObserver(tell)
      observer.observe(element)
      return () => {
        element.removeEventListener('scroll', tell)
        observer.disconnect()
      }
    },
    [scroller],
  )
  const blocks = useSyncExternalStore(subscribe, () => blocksIn(scroller.current))
  const [isShown, setShown] = useState(false)
  useEffect(() => whenShown(() => setShown(true)), [])
  return windowOf(Math.floor(blocks / BASE), blocks % BASE, count, isShown)
}

/** The first block in sight and how many are. */
function blocksIn(element: HTMLElement | null): number {
  // Before it is there: where that is right nothing has to be drawn and laid out twice.
  const height = element?.clientHeight ?? Math.max(0, globalThis.innerHeight - ABOVE)
  const size = BLOCK * ROW_HEIGHT
  const inSight = Math.min(BASE - 1, Math.ceil((height - HEAD) / size) + 1)
  return Math.max(0, Math.floor((element?.scrollTop ?? 0) / size)) * BASE + inSight
}

/**
 * With a block more on both sides, where there are rows, so that a slow scroll finds its rows there. Before anything was
 * shown and scrolled only what is in sight: the sooner it is there.
 */
export function windowOf(firstBlock: number, blocks: number, count: number, isShown: boolean): RowWindow {
  const slots = (blocks + 2) * BLOCK
  if (!isShown && firstBlock === 0) return { first: 0, last: Math.min(count, (blocks - 1) * BLOCK), slots }
  // A list that became shorter is still scrolled to where it was.
  const first = Math.max(0, Math.min((firstBlock - 1) * BLOCK, count - slots))
  const last = firstBlock === 0 ? slots - BLOCK : first + slots
  return { first, last: Math.min(count, last), slots }
}

/** Scrolls as little as shows a row, below a head of one row's height. */
export function scrollToRow(element: HTMLElement, row: number): void {
  const top = row * ROW_HEIGHT
  const least = top + 2 * ROW_HEIGHT - element.clientHeight
  if (element.scrollTop > top) element.scrollTop = top
  else if (element.scrollTop < least) element.scrollTop = least
}

/** Again when the details open beside or below: the row may have got out of sight. None is -1. */
export function useRowInSight(scroller: RefObject<HTMLElement | null>, row: number): void {
  useEffect(() => {
    const element = scroller.current
    if (element === null || row < 0) return
    scrollToRow(element, row)
    let height = element.clientHeight
    const observer = new ResizeObserver(() => {
      if (element.clientHeight < height) scrollToRow(element, row)
      height = element.clientHeight
    })
    observer.observe(element)
    return () => observer.disconnect()
  }, [scroller, row])
}

/** How many rows fit between the head and the end. */
export function rowsPerPage(element: HTMLElement): number {
  return Math.max(1, Math.floor(element.clientHeight / ROW_HEIGHT) - 2)
}
