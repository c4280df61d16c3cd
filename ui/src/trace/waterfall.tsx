// The spans of a trace in time, a row each. Only the rows in sight are in the document, so that a trace of a hundred
// thousand spans scrolls as one of ten.

import { useMemo, useRef } from 'react'
import { TimeAxis, TimeGrid } from './axis.tsx'
import { at, NONE } from './columns.ts'
import { CutRow } from './cut-row.tsx'
import { type Entry, entryOfKey, isCut, keyOfEntry, rowOfCut } from './entries.ts'
import { canOpen, type Folding, isOpen, shownEntries, toggled } from './fold.ts'
import { rowOfKey } from './ids.ts'
import type { Openings } from './opening.ts'
import { rowId, VIEW } from './places.ts'
import type { Reading } from './reading.ts'
import { SpanRow, TOGGLE_CLASS } from './row.tsx'
import type { View } from './steps.ts'
import { ROW_HEIGHT, useRowInSight, useRows } from './use-rows.ts'
import './waterfall.css'
import type { Window } from './window.ts'

interface Props {
  reading: Reading
  view: View
  window: Window
  openings: Openings
  onSelect: (key: string) => void
  onFold: (folding: Folding) => void
}

export function Waterfall({ reading, view, window, openings, onSelect, onFold }: Props) {
  const { trace, sight } = reading
  const { folding, selected } = view
  const scroller = useRef<HTMLDivElement>(null)
  const shown = useMemo(() => shownEntries(trace, folding, sight.hidden), [trace, folding, sight])
  const selectedEntry = entryOfKey(trace, selected)
  const selectedLine = useMemo(
    () => (selectedEntry === undefined ? -1 : shown.indexOf(selectedEntry)),
    [shown, selectedEntry],
  )
  useRowInSight(scroller, selectedLine)

  const onClick = ({ target }: React.MouseEvent) => {
    const clicked = clickedIn(target)
    if (clicked?.kind === 'toggle') onFold(toggled(folding, clicked.key))
    if (clicked?.kind === 'span') onSelect(clicked.key)
    if (clicked?.kind === 'cut') {
      const entry = entryOfKey(trace, clicked.key)
      if (entry !== undefined) openings.open(entry)
      onSelect(clicked.key)
    }
  }
  const onDoubleClick = ({ target }: React.MouseEvent) => {
    const clicked = clickedIn(target)
    const row = clicked?.kind === 'span' ? rowOfKey(trace, clicked.key) : undefined
    if (clicked !== null && row !== undefined && canOpen(trace, row)) onFold(toggled(folding, clicked.key))
  }

  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: its keys are those of the page
    <div
      ref={scroller}
      id={VIEW}
      onClick={onClick}
      onDoubleClick={onDoubleClick}
      className="waterfall"
      role="treegrid"
      aria-label="Spans"
      aria-rowcount={shown.length + 1}
      aria-colcount={2}
      aria-activedescendant={selectedLine >= 0 && selected !== undefined ? rowId(selected) : undefined}
      tabIndex={0}
    >
      <WaterfallHead>
        <TimeAxis window={window} />
      </WaterfallHead>
      <div className="waterfall__rows" role="rowgroup" style={{ height: shown.length * ROW_HEIGHT }}>
        <TimeGrid window={window} />
        <Rows {...{ reading, view, window, openings, scroller, shown, selectedLine }} />
      </div>
    </div>
  )
}

/** Above the rows, also while they are on their way. */
export function WaterfallHead({ children }: { children?: React.ReactNode }) {
  return (
    <div className="waterfall__head" role="rowgroup">
      <div className="waterfall__row" role="row" aria-rowindex={1}>
        <div role="columnheader">Service and operation</div>
        <div role="columnheader" className="waterfall__axis" aria-label="Time">
          {children}
        </div>
      </div>
    </div>
  )
}

interface RowsProps extends Pick<Props, 'reading' | 'view' | 'window' | 'openings'> {
  scroller: React.RefObject<HTMLDivElement | null>
  shown: readonly Entry[]
  selectedLine: number
}

/** By itself, because scrolling changes nothing else. An element is reused for the row that comes in for one that left. */
function Rows({ reading, view, window, openings, scroller, shown, selectedLine }: RowsProps) {
  const { trace, sight, found, drawn, colouring } = reading
  const { first, last, slots } = useRows(scroller, shown.length)
  return shown.slice(first, last).map((entry, offset) => {
    const index = first + offset
    const place = { index, top: index * ROW_HEIGHT, isSelected: index === selectedLine }
    if (isCut(entry)) return <Missing key={index % slots} {...{ trace, entry, openings, ...place }} />
    return (
      <SpanRow
        key={index % slots}
        trace={trace}
        row={entry}
        {...place}
        window={window}
        colour={colouring(entry)}
        isOpen={isOpen(trace, view.folding, entry)}
        isFound={found?.[entry] === 1}
        isDimmed={sight.dimmed?.[entry] === 1}
        pruned={sight.pruned.get(entry)}
        path={drawn?.parts.get(entry)}
      />
    )
  })
}

interface MissingProps {
  trace: Reading['trace']
  entry: Entry
  openings: Openings
  index: number
  top: number
  isSelected: boolean
}

function Missing({ trace, entry, openings, ...place }: MissingProps) {
  const row = rowOfCut(entry)
  const cut = trace.cuts.get(row)
  const key = keyOfEntry(trace, entry)
  return cut === undefined ? null : (
    <CutRow
      entryKey={key}
      cut={cut}
      level={row === NONE ? 0 : at(trace.level, row) + 1}
      opening={openings.states.get(key)}
      {...place}
    />
  )
}

interface Clicked {
  kind: 'span' | 'toggle' | 'cut'
  key: string
}

/** What was clicked: a span, what folds it, or spans that are not there. */
function clickedIn(target: EventTarget): Clicked | null {
  if (!(target instanceof Element)) return null
  const row = target.closest<HTMLElement>('[data-key], [data-cut]')
  if (row === null) return null
  const { key, cut } = row.dataset
  if (cut !== undefined) return { kind: 'cut', key: cut }
  const kind = target.closest(`.${TOGGLE_CLASS}`) === null ? 'span' : 'toggle'
  return key === undefined ? null : { kind, key }
}
