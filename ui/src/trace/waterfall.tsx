// The spans of a trace in time, a row each. Only the rows in sight are in the document, so that a trace of a hundred
// thousand spans scrolls as one of ten.

import { useMemo, useRef } from 'react'
import { TimeAxis, TimeGrid } from './axis.tsx'
import { type Folding, isOpen, shownPlaces, toggled } from './fold.ts'
import { rowId, VIEW } from './places.ts'
import type { Reading } from './reading.ts'
import { SpanRow, TOGGLE_CLASS } from './row.tsx'
import type { View } from './steps.ts'
import type { Tree } from './tree.ts'
import { ROW_HEIGHT, useRowInSight, useRows } from './use-rows.ts'
import './waterfall.css'
import type { Window } from './window.ts'

interface Props {
  reading: Reading
  view: View
  window: Window
  onSelect: (key: string) => void
  onFold: (folding: Folding) => void
}

export function Waterfall({ reading, view, window, onSelect, onFold }: Props) {
  const { tree, sight } = reading
  const { folding, selected } = view
  const scroller = useRef<HTMLDivElement>(null)
  const shown = useMemo(() => shownPlaces(tree, folding, sight.hidden), [tree, folding, sight])
  const selectedPlace = selected === undefined ? undefined : tree.places.get(selected)
  const selectedRow = useMemo(
    () => (selectedPlace === undefined ? -1 : shown.indexOf(selectedPlace)),
    [shown, selectedPlace],
  )
  useRowInSight(scroller, selectedRow)

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
      id={VIEW}
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
            <TimeAxis window={window} />
          </div>
        </div>
      </div>
      <div className="waterfall__rows" role="rowgroup" style={{ height: shown.length * ROW_HEIGHT }}>
        <TimeGrid window={window} />
        <Rows {...{ reading, view, window, scroller, shown, selectedRow }} />
      </div>
    </div>
  )
}

interface RowsProps extends Pick<Props, 'reading' | 'view' | 'window'> {
  scroller: React.RefObject<HTMLDivElement | null>
  shown: readonly number[]
  selectedRow: number
}

/** By itself, because scrolling changes nothing else. An element is reused for the row that comes in for one that left. */
function Rows({ reading, view, window, scroller, shown, selectedRow }: RowsProps) {
  const { tree, sight, found, drawn, colouring } = reading
  const { first, last, slots } = useRows(scroller, shown.length)
  return shown.slice(first, last).map((place, offset) => {
    const node = tree.nodes[place]
    const index = first + offset
    return node === undefined ? null : (
      <SpanRow
        key={index % slots}
        node={node}
        index={index}
        top={index * ROW_HEIGHT}
        window={window}
        colour={colouring(node.span)}
        isOpen={isOpen(tree, view.folding, node)}
        isSelected={index === selectedRow}
        isFound={found?.[place] === 1}
        isDimmed={sight.dimmed?.[place] === 1}
        pruned={sight.pruned.get(place)}
        path={drawn?.parts.get(place)}
      />
    )
  })
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
