// What of a trace is looked at and how, read from the URL and written to it.

import { getRouteApi } from '@tanstack/react-router'
import { useMemo } from 'react'
import { paths } from '../app/paths.ts'
import type { TraceSearch } from '../routes/trace.tsx'
import type { ServiceName } from '../ui/service-colour.ts'
import type { ColourBy } from './colouring.ts'
import type { Trace } from './columns.ts'
import { type Folding, foldingOf, searchOfFolding } from './fold.ts'
import { hiddenServices, hiddenText } from './prune.ts'
import { reveal, type View } from './steps.ts'
import { type Window, windowOf, windowText } from './window.ts'

const route = getRouteApi(paths.trace)

export type ViewName = 'waterfall' | NonNullable<TraceSearch['view']>
/** Whether a view draws the spans; the others tell of the trace as a whole. */
export function isOfSpans(name: ViewName): boolean {
  return name !== 'analysis' && name !== 'compare'
}

export type Only = NonNullable<TraceSearch['only']>

/** Everything that the URL says, and how to say something else. */
export interface Looking {
  search: TraceSearch
  /** What is selected and folded. */
  view: View
  name: ViewName
  window: Window
  hidden: ReadonlySet<ServiceName>
  colourBy: ColourBy
  isPathShown: boolean
  go(next: View): void
  select(key: string | undefined): void
  /** Selects a span and opens what hides it; of another trace if that is about to be this one. */
  jump(key: string, trace?: Trace): void
  fold(folding: Folding): void
  /** Changes what is given; Back undoes it unless `isStep`. */
  change(search: Partial<TraceSearch>, isStep?: boolean): void
  zoom(window: Window): void
  hide(services: ReadonlySet<ServiceName>): void
}

export function useLooking(trace: Trace): Looking {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { span: selected, depth, fold: folded, only, hideSvc } = search
  // Of some spans only all are shown: that they were folded before would hide what was asked for.
  const folding = useMemo(
    () => foldingOf({ depth: only === undefined ? depth : Number.POSITIVE_INFINITY, fold: folded }),
    [depth, folded, only],
  )
  const window = useMemo(() => windowOf(search.zoom, trace.length), [search.zoom, trace.length])
  const hidden = useMemo(() => hiddenServices(hideSvc), [hideSvc])
  const view: View = { selected, folding }

  const change = (next: Partial<TraceSearch>, isStep = false) => {
    navigate({ search: before => ({ ...before, ...next }), replace: isStep, resetScroll: false })
  }
  const foldingSearch = (folding: Folding) => {
    const next = searchOfFolding(folding)
    return folding.depth === Number.POSITIVE_INFINITY ? { fold: next.fold } : next
  }
  const go = (next: View) => {
    if (next === view) return
    // Opening and closing the details can be undone with Back; every row that was passed can not.
    const isStep = (next.selected === undefined) === (selected === undefined)
    change({ span: next.selected, ...foldingSearch(next.folding) }, isStep)
  }
  return {
    search,
    view,
    name: search.view ?? 'waterfall',
    window,
    hidden,
    colourBy: search.colour ?? 'service',
    isPathShown: search.cp === 1,
    go,
    select: key => go({ ...view, selected: key }),
    jump: (key, other = trace) => go(reveal(other, view, key)),
    fold: next => go({ ...view, folding: next }),
    change,
    zoom: next => change({ zoom: windowText(next, trace.length) }, true),
    hide: services => change({ hideSvc: hiddenText(services) }),
  }
}
