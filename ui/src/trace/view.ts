// What of a trace is looked at, read from the URL and written to it, and the keys that move it.

import { getRouteApi } from '@tanstack/react-router'
import { useMemo } from 'react'
import { useHotkeys } from '../app/hotkeys.ts'
import { paths } from '../app/paths.ts'
import { type Folding, foldedToLevel, foldingOf, searchOfFolding } from './fold.ts'
import { PANEL, WATERFALL } from './places.ts'
import { type Step, step, type View } from './steps.ts'
import type { Tree } from './tree.ts'

const route = getRouteApi(paths.trace)

export function useTraceView(tree: Tree) {
  const { span: selected, depth, fold: folded } = route.useSearch()
  const navigate = route.useNavigate()
  const folding = useMemo(() => foldingOf({ depth, fold: folded }), [depth, folded])
  const view: View = { selected, folding }

  const go = (next: View) => {
    if (next === view) return
    // Opening and closing the details can be undone with Back; every row that was passed can not.
    const isStep = (next.selected === undefined) === (view.selected === undefined)
    navigate({
      search: before => ({ ...before, span: next.selected, ...searchOfFolding(next.folding) }),
      replace: isStep,
      resetScroll: false,
    })
  }
  const select = (key: string | undefined) => go({ ...view, selected: key })
  const fold = (folding: Folding) => go({ ...view, folding })
  const take = (way: Step) => () => go(step(tree, view, way))
  useHotkeys({
    nextSpan: take('next'),
    previousSpan: take('previous'),
    firstSpan: take('first'),
    lastSpan: take('last'),
    collapse: take('collapse'),
    expand: take('expand'),
    nextError: take('next error'),
    previousError: take('previous error'),
    level: key => fold(foldedToLevel(Number(key))),
    everything: () => fold(foldedToLevel(tree.depth)),
    details: () => document.getElementById(PANEL)?.focus(),
    close: () => {
      // First out of the details, then the details away.
      if (document.activeElement?.closest(`#${PANEL}`) == null) select(undefined)
      document.getElementById(WATERFALL)?.focus()
    },
  })
  return { view, select, fold }
}
