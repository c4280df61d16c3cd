// The spans of a trace in time, a row each. Only the rows in sight are in the document, so that a trace of a hundred
// thousand spans scrolls as one of ten.

import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useMemo, useRef } from 'react'
import { formatDuration } from '../ui/format.ts'
import type { ServiceName } from '../ui/service-colour.ts'
import { type Folding, isOpen, shownPlaces, toggled } from './fold.ts'
import { rowId, WATERFALL } from './places.ts'
import { SpanRow, TOGGLE_CLASS } from './row.tsx'
import type { Trace } from './span.ts'
import type { View } from './steps.ts'
import { ticksOf } from './timeline.ts'
import type { Tree } from './tree.ts'

/** As `--row` in the style sheet. */
const ROW_HEIGHT = 24
/** Rows above and below those in sight. */
const OVERSCAN = 12
const TICKS = 5

interface Props {
  trace: Trace
  tree: Tree
  view: View
  colours: ReadonlyMap<ServiceName, string>
  onSelect: (key: string) => void
  onFold: (folding: Folding) => void
}

export function Waterfall({ trace, tree, view, colours, onSelect, onFold }: Props) {
  const { folding, selected } = view
  const scroller = useRef<HTMLDivElement>(null)
  const shown = useMemo(() => shownPlaces(tree, folding), [tree, folding])
  const rows = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: OVERSCAN,
    // The head of the table lies over the first rows of the scrolled part.
    scrollPaddingStart: ROW_HEIGHT,
  })
  const selectedPlace = selected === undefined ? undefined : tree.places.get(selected)
  const selectedRow = selectedPlace === undefined ? -1 : shown.indexOf(selectedPlace)
  const heightInSight = rows.scrollRect?.height ?? 0
  useEffect(() => {
    // Again when the details open beside or below: the row may have got out of sight.
    if (selectedRow >= 0 && heightInSight > 0) rows.scrollToIndex(selectedRow, { align: 'auto' })
  }, [selectedRow, heightInSight, rows])

  const toggle = (key: string) => onFold(toggled(folding, key))
  const onClick = ({ target }: React.MouseEvent) => {
    const clicked = clickedIn(target)
    if (clicked?.isToggle) toggle(clicked.key)
    else if (clicked !== null) onSelect(clicked.key)
  }
  const onDoubleClick = ({ target }: React.MouseEvent) => {
    const clicked = clickedIn(target)
    if (clicked !== null && !clicked.isToggle && hasChildren(tree, clicked.key)) toggle(clicked.key)
  }

  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: its keys are those of the page
    <div
      ref={scroller}
      id={WATERFALL}
      onClick={onClick}
      onDoubleClick={onDoubleClick}
      className="waterfall"
      role="treegrid"
      aria-label="Spans"
      aria-rowcount={shown.length + 1}
      aria-colcount={2}
      aria-activedescendant={selectedRow >= 0 && selected !== undefined ? rowId(selected) : undefined}
      tabIndex={0}
    >
      <div className="waterfall__head" role="rowgroup">
        <div className="waterfall__row" role="row" aria-rowindex={1}>
          <div role="columnheader">Service and operation</div>
          <div role="columnheader" className="waterfall__axis" aria-label="Time">
            <Axis trace={trace} />
          </div>
        </div>
      </div>
      <div className="waterfall__rows" role="rowgroup" style={{ height: rows.getTotalSize() }}>
        <Gridlines trace={trace} />
        {rows.getVirtualItems().map(item => {
          const place = shown[item.index]
          const node = place === undefined ? undefined : tree.nodes[place]
          if (place === undefined || node === undefined) return null
          return (
            <SpanRow
              key={node.span.key}
              node={node}
              index={item.index}
              top={item.start}
              length={trace.duration}
              colour={colours.get(node.span.service)}
              isOpen={isOpen(tree, folding, node)}
              isSelected={item.index === selectedRow}
            />
          )
        })}
      </div>
    </div>
  )
}

function hasChildren(tree: Tree, key: string): boolean {
  const node = tree.nodes[tree.places.get(key) ?? -1]
  return node !== undefined && node.below > 0
}

/** The span whose row was clicked, and whether it was on what folds it. */
function clickedIn(target: EventTarget): { key: string; isToggle: boolean } | null {
  if (!(target instanceof Element)) return null
  const key = target.closest<HTMLElement>('[data-key]')?.dataset['key']
  return key === undefined ? null : { key, isToggle: target.closest(`.${TOGGLE_CLASS}`) !== null }
}

function Axis({ trace }: { trace: Trace }) {
  return ticksOf(trace.duration, TICKS).map(tick => (
    <span key={tick} className="waterfall__tick" style={{ left: leftOf(tick, trace) }}>
      {tick === 0 ? '0' : formatDuration(tick)}
    </span>
  ))
}

function Gridlines({ trace }: { trace: Trace }) {
  return (
    <div className="waterfall__gridlines" aria-hidden="true">
      <div className="waterfall__track">
        {ticksOf(trace.duration, TICKS).map(tick => (
          <span key={tick} className="waterfall__gridline" style={{ left: leftOf(tick, trace) }} />
        ))}
      </div>
    </div>
  )
}

function leftOf(tick: number, trace: Trace): string {
  return trace.duration > 0 ? `${(100 * tick) / trace.duration}%` : '0%'
}
