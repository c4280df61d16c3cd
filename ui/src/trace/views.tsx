// The spans as a waterfall, as a flame graph or as a table; or why there are none to be seen.

import { lazy, Suspense } from 'react'
import { childrenOf, NONE, type Trace } from './columns.ts'
import type { Openings } from './opening.ts'
import type { Reading } from './reading.ts'
import { serviceAt } from './span.ts'
import { isOfSpans, type Looking } from './view.ts'
import { Waterfall } from './waterfall.tsx'

const FlameGraph = lazy(async () => ({ default: (await import('./flame.tsx')).FlameGraph }))
const SpanTable = lazy(async () => ({ default: (await import('./table.tsx')).SpanTable }))

const AnalysisView = lazy(async () => ({
  default: (await import('./analysis/view.tsx')).AnalysisView,
}))
const CompareView = lazy(async () => ({ default: (await import('./compare/view.tsx')).CompareView }))

export interface ViewProps {
  reading: Reading
  looking: Looking
}

interface TraceViewsProps extends ViewProps {
  openings: Openings
}

export function TraceViews({ reading, looking, openings }: TraceViewsProps) {
  const nothing = isOfSpans(looking.name) ? nothingIn(reading, looking) : null
  if (nothing !== null) return <Nothing {...nothing} />
  return (
    <Suspense fallback={<div className="trace__view" role="status" aria-label="Loading the view" />}>
      <View reading={reading} looking={looking} openings={openings} />
    </Suspense>
  )
}

function View({ reading, looking, openings }: TraceViewsProps) {
  switch (looking.name) {
    case 'waterfall':
      return (
        <Waterfall
          reading={reading}
          view={looking.view}
          window={looking.window}
          openings={openings}
          onSelect={looking.select}
          onFold={looking.fold}
        />
      )
    case 'flame':
      return <FlameGraph reading={reading} looking={looking} />
    case 'table':
      return <SpanTable reading={reading} looking={looking} />
    case 'analysis':
      return <AnalysisView reading={reading} looking={looking} />
    case 'compare':
      return <CompareView reading={reading} looking={looking} />
  }
}

interface NothingProps {
  words: string
  action: string
  onAction: () => void
}

/** Why no span can be seen, and what brings them back. */
function nothingIn({ trace, sight, found }: Reading, looking: Looking): NothingProps | null {
  const { search, change, hide } = looking
  if (trace.rowCount === 0 || sight.hidden === null || sight.hidden.includes(0)) return null
  if (sight.prunedSpans > 0 && allTopsArePruned(trace, looking.hidden)) {
    return {
      words: 'Every span is pruned: the service of the root is hidden.',
      action: 'Show all services',
      onAction: () => hide(new Set()),
    }
  }
  const words =
    search.only === 'matches' && found !== null
      ? `No span that is shown matches “${search.find}”.`
      : 'No span that is shown is on the critical path.'
  return { words, action: 'Show all spans', onAction: () => change({ only: undefined }) }
}

function allTopsArePruned(trace: Trace, services: Looking['hidden']): boolean {
  for (const top of childrenOf(trace, NONE)) if (!services.has(serviceAt(trace, top))) return false
  return true
}

function Nothing({ words, action, onAction }: NothingProps) {
  return (
    <div className="trace__view">
      <div className="message">
        <p>{words}</p>
        <div className="message__actions">
          <button type="button" className="button button--main" onClick={onAction}>
            {action}
          </button>
        </div>
      </div>
    </div>
  )
}
