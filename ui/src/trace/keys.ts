// The keys of the trace view.

import { useMemo } from 'react'
import { useHotkeys } from '../app/hotkeys.ts'
import { entryOfKey, isCut } from './entries.ts'
import { foldedToLevel } from './fold.ts'
import { rowOfKey } from './ids.ts'
import type { Openings } from './opening.ts'
import { FIND, PANEL, VIEW } from './places.ts'
import type { Reading } from './reading.ts'
import { spanAt } from './span.ts'
import { type Ground, type Step, step, stepInTable } from './steps.ts'
import { rowsInTable } from './table-rows.ts'
import type { Looking } from './view.ts'
import { around, panned, wholeOf, zoomed } from './window.ts'

const ZOOM_STEP = 0.6
const PAN_STEP = 0.2

export function useTraceKeys(reading: Reading, ground: Ground, looking: Looking, openings: Openings): void {
  const { view, window, go, fold, select, change, zoom } = looking
  const { trace } = ground
  const length = trace.length
  const { group, sort } = looking.search
  const isTable = looking.name === 'table'
  const inTable = useMemo(
    () => (isTable ? rowsInTable(reading, { group, sort }) : null),
    [reading, isTable, group, sort],
  )
  const toRow = (way: 'next' | 'previous' | 'first' | 'last') => () =>
    go(inTable === null ? step(ground, view, way) : stepInTable(trace, view, inTable, way))
  const take = (way: Step) => () => go(step(ground, view, way))
  const entry = entryOfKey(trace, view.selected)
  const missing = entry !== undefined && isCut(entry) ? entry : undefined
  const row = rowOfKey(trace, view.selected)
  const selected = row === undefined ? undefined : spanAt(trace, row)
  // What is looked at stays where it is, if it is in view.
  const centre =
    selected !== undefined && selected.start >= window.from && selected.start <= window.to
      ? selected.start
      : undefined
  const show = (name: 'flame' | 'table') => change({ view: looking.name === name ? undefined : name })
  useHotkeys({
    nextSpan: toRow('next'),
    previousSpan: toRow('previous'),
    firstSpan: toRow('first'),
    lastSpan: toRow('last'),
    collapse: take('collapse'),
    expand: () => (missing === undefined ? go(step(ground, view, 'expand')) : openings.open(missing)),
    nextError: take('next error'),
    previousError: take('previous error'),
    nextMatch: take('next match'),
    previousMatch: take('previous match'),
    level: key => fold(foldedToLevel(Number(key))),
    everything: () => fold(foldedToLevel(trace.depth)),
    findSpan: () => document.getElementById(FIND)?.focus(),
    criticalPath: () => change({ cp: looking.isPathShown ? undefined : 1 }),
    flame: () => show('flame'),
    spanTable: () => show('table'),
    nearer: () => zoom(zoomed(window, length, ZOOM_STEP, centre)),
    farther: () => zoom(zoomed(window, length, 1 / ZOOM_STEP, centre)),
    earlier: () => zoom(panned(window, length, -PAN_STEP)),
    later: () => zoom(panned(window, length, PAN_STEP)),
    toSpan: () => selected !== undefined && zoom(around(selected, length)),
    wholeTrace: () => zoom(wholeOf(length)),
    details: () => (missing === undefined ? document.getElementById(PANEL)?.focus() : openings.open(missing)),
    close: () => {
      // First out of the details, then the details away.
      if (document.activeElement?.closest(`#${PANEL}`) == null) select(undefined)
      document.getElementById(VIEW)?.focus()
    },
  })
}
