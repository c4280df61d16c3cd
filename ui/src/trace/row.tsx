import { ChevronDown, ChevronRight } from 'lucide-react'
import { memo } from 'react'
import { counted } from '../ui/format.ts'
import { ErrorWord, Mark } from '../ui/mark.tsx'
import { ServiceText, Swatch } from '../ui/service-label.tsx'
import type { Nanoseconds } from '../ui/units.ts'
import { rowId } from './places.ts'
import { durationOf } from './span.ts'
import { barOf } from './timeline.ts'
import type { Top, TreeNode } from './tree.ts'

const INDENT = 14
/** Deeper rows are indented no more: their names would leave the column. */
const INDENTED_LEVELS_MAX = 16

/** By it the table knows a click that folds from one that selects. */
export const TOGGLE_CLASS = 'span-name__toggle'

interface Props {
  node: TreeNode
  /** Among the shown rows. */
  index: number
  /** Pixels from the first row. */
  top: number
  /** Of the whole trace. */
  length: Nanoseconds
  colour: string | undefined
  isOpen: boolean
  isSelected: boolean
}

/** The table listens for clicks: a row without handlers is drawn again only when something of it changes. */
export const SpanRow = memo(function SpanRow(props: Props) {
  const { node, index, top, isOpen, isSelected } = props
  const { span } = node
  return (
    <div
      id={rowId(span.key)}
      data-key={span.key}
      className="waterfall__row span-row"
      role="row"
      aria-rowindex={index + 2}
      aria-level={node.depth + 1}
      aria-selected={isSelected}
      aria-expanded={node.below > 0 ? isOpen : undefined}
      data-error={span.status === 'error'}
      style={{ transform: `translateY(${top}px)` }}
    >
      <NameCell {...props} />
      <TimeCell {...props} />
    </div>
  )
})

function NameCell({ node, colour, isOpen }: Props) {
  const { span } = node
  const indent = Math.min(node.depth, INDENTED_LEVELS_MAX) * INDENT
  return (
    <div role="gridcell" className="span-name" style={{ paddingLeft: indent }}>
      {node.below > 0 ? <Toggle isOpen={isOpen} /> : <span className="span-name__leaf" aria-hidden="true" />}
      <Swatch colour={colour} />
      <span className="span-name__text" title={titleOf(node)}>
        <strong>
          <ServiceText service={span.service} />
        </strong>{' '}
        {span.name === '' ? <em className="muted">no name</em> : span.name}
      </span>
      <Marks node={node} isOpen={isOpen} />
    </div>
  )
}

function Toggle({ isOpen }: { isOpen: boolean }) {
  const Icon = isOpen ? ChevronDown : ChevronRight
  return (
    <button type="button" className={TOGGLE_CLASS} tabIndex={-1} aria-label={isOpen ? 'Collapse' : 'Expand'}>
      <Icon size={14} aria-hidden="true" />
    </button>
  )
}

const TOPS: Record<Exclude<Top, 'root'>, string> = {
  'parent missing': 'parent missing',
  circle: 'own ancestor',
}

function Marks({ node, isOpen }: { node: TreeNode; isOpen: boolean }) {
  const isFolded = node.below > 0 && !isOpen
  return (
    <>
      {node.top === null || node.top === 'root' ? null : (
        <span className="span-name__mark">
          <Mark state="warn" />
          {TOPS[node.top]}
        </span>
      )}
      {node.span.oddity === null ? null : (
        <span className="span-name__mark">
          <Mark state="warn" />
          {node.span.oddity}
        </span>
      )}
      {node.span.status === 'error' ? <ErrorWord>error</ErrorWord> : null}
      {isFolded ? (
        <span className="span-name__below muted">
          +{node.below.toLocaleString('en')}
          {node.errorsBelow === 0 ? null : <ErrorWord>{counted(node.errorsBelow, 'error')}</ErrorWord>}
        </span>
      ) : null}
    </>
  )
}

function TimeCell({ node, length, colour }: Props) {
  const { left, width } = barOf(node.span, length)
  const percent = (part: number) => `${(part * 100).toFixed(3)}%`
  return (
    <div role="gridcell" className="span-time">
      <div className="waterfall__track">
        <span
          className="span-time__bar"
          style={{ left: percent(left), width: percent(width), background: colour }}
        />
        <span className="span-time__duration mono" style={{ left: percent(left + width) }}>
          {durationOf(node.span)}
        </span>
      </div>
    </div>
  )
}

function titleOf({ span }: TreeNode): string {
  return `${span.service ?? 'unnamed'}: ${span.name} (${span.kind}), ${durationOf(span)}`
}
