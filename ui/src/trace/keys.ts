// The keys of the trace view.

import { useMemo } from 'react'
import { useHotkeys } from '../app/hotkeys.ts'
import { foldedToLevel } from './fold.ts'
import { FIND, PANEL, VIEW } from './places.ts'
import type { Reading } from './reading.ts'
import { type Ground, type Step, step, stepInTable } from './steps.ts'
import { placesInTable } from './table-rows.ts'
import type { Looking } from './view.ts'
import { around, panned, wholeOf, zoomed } from './window.ts'

const ZOOM_STEP = 0.6
const PAN_STEP = 0.2

export function useTraceKeys(reading: Reading, ground: Ground, looking: Looking): void {
  const { view, window, go, fold, select, change, zoom } = looking
  const { tree } = ground
  const length = reading.trace.duration
  const { group, sort } = looking.search
  const isTable = looking.name === 'table'
  const inTable = useMemo(
    () => (isTable ? placesInTable(reading, { group, sort }) : null),
    [reading, isTable, group, sort],
  )
  const toRow = (way: 'next' | 'previous' | 'first' | 'last') => () =>
    go(inTable === null ? step(ground, view, way) : stepInTable(tree, view, inTable, way))
  const take = (way: Step) => () => go(step(ground, view, way))
  const selected = tree.nodes[tree.places.get(view.selected ?? '') ?? -1]?.span
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
    expand: take('expand'),
    nextError: take('next error'),
    previousError: take('previous error'),
    nextMatch: take('next match'),
    previousMatch: take('previous match'),
    level: key => fold(foldedToLevel(Number(key))),
    everything: () => fold(foldedToLevel(tree.depth)),
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
    details: () => document.getElementById(PANEL)?.focus(),
    close: () => {
      // First out of the details, then the details away.
      if (document.activeElement?.closest(`#${PANEL}`) == null) select(undefined)
      document.getElementById(VIEW)?.focus()
    },
  })
}
