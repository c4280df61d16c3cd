// Spans that are not there, as a row that can be opened: how many, and how the asking for them goes.

import { memo } from 'react'
import { counted } from '../ui/format.ts'
import { ErrorWord } from '../ui/mark.tsx'
import type { Cut } from './columns.ts'
import type { Opening } from './opening.ts'
import { rowId } from './places.ts'
import { indentOf } from './row.tsx'

interface Props {
  /** Of what is missing. */
  entryKey: string
  cut: Cut
  level: number
  /** Among what is shown. */
  index: number
  /** Pixels from the first row. */
  top: number
  isSelected: boolean
  opening: Opening | undefined
}

/** The table listens for clicks, as for those on spans. */
export const CutRow = memo(function CutRow(props: Props) {
  const { entryKey, cut, level, index, top, isSelected, opening } = props
  return (
    <div
      id={rowId(entryKey)}
      data-cut={entryKey}
      className="waterfall__row span-row cut-row"
      role="row"
      aria-rowindex={index + 2}
      aria-level={level + 1}
      aria-selected={isSelected}
      aria-busy={opening?.kind === 'asking'}
      style={{ transform: `translateY(${top}px)` }}
    >
      <div role="gridcell" className="span-name" style={{ paddingLeft: indentOf(level) }}>
        <button type="button" className="link-button cut-row__open" tabIndex={-1}>
          +{counted(cut.spans, 'span')}
        </button>
        {cut.errors === 0 ? null : <ErrorWord>{counted(cut.errors, 'error')}</ErrorWord>}
      </div>
      <div role="gridcell" className="cut-row__state">
        <State opening={opening} />
      </div>
    </div>
  )
})

function State({ opening }: Pick<Props, 'opening'>) {
  if (opening === undefined) return <span className="muted">not loaded; open the row to see them</span>
  if (opening.kind === 'asking') return <span role="status">Loading</span>
  return <span role="alert">They did not come: {opening.error.message}. Open the row to try again</span>
}
