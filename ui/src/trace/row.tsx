import { memo } from 'react'
import { counted, formatCount } from '../ui/format.ts'
import { ErrorWord, Mark } from '../ui/mark.tsx'
import { ServiceText } from '../ui/service-label.tsx'
import { at, NONE, type Trace } from './columns.ts'
import type { Part } from './critical.ts'
import { canOpen } from './fold.ts'
import { rowId } from './places.ts'
import type { Pruned } from './sight.ts'
import { durationOf, type Span, spanAt } from './span.ts'
import { type Bar, barOf } from './timeline.ts'
import type { Window } from './window.ts'

const INDENT = 14
/** Deeper rows are indented no more: their names would leave the column. */
const INDENTED_LEVELS_MAX = 16
/** Pixels before what is at a level. */
export const indentOf = (level: number) => Math.min(level, INDENTED_LEVELS_MAX) * INDENT
/** More would stand on one another. */
const EVENTS_MAX = 24
/** Parts of the path that are nearer to each other than this part of the axis are drawn as one. */
const PARTS_APART = 0.003

/** By it the table knows a click that folds from one that selects. */
export const TOGGLE_CLASS = 'span-name__toggle'

interface Props {
  trace: Trace
  row: number
  /** Among what is shown. */
  index: number
  /** Pixels from the first row. */
  top: number
  window: Window
  colour: string
  isOpen: boolean
  isSelected: boolean
  /** Whether it was looked for. */
  isFound: boolean
  /** Whether it is only there because of a row below it. */
  isDimmed: boolean
  pruned: Pruned | undefined
  path: readonly Part[] | undefined
}

type WithSpan = Props & { span: Span }

/** A span. The table listens for clicks: a row without handlers is drawn again only when something of it changes. */
export const SpanRow = memo(function SpanRow(props: Props) {
  const { trace, row, index, top, isOpen, isSelected, isFound, isDimmed } = props
  const span = spanAt(trace, row)
  return (
    <div
      id={rowId(span.key)}
      data-key={span.key}
      className="waterfall__row span-row"
      role="row"
      aria-rowindex={index + 2}
      aria-level={at(trace.level, row) + 1}
      aria-selected={isSelected}
      aria-expanded={canOpen(trace, row) ? isOpen : undefined}
      data-error={span.status === 'error' || undefined}
      data-found={isFound || undefined}
      data-dimmed={isDimmed || undefined}
      style={{ transform: `translateY(${top}px)` }}
    >
      <NameCell {...props} span={span} />
      <TimeCell {...props} span={span} />
    </div>
  )
})

function NameCell({ trace, row, span, colour, isOpen, isFound, pruned }: WithSpan) {
  return (
    <div role="gridcell" className="span-name" style={{ paddingLeft: indentOf(at(trace.level, row)) }}>
      {canOpen(trace, row) ? (
        <button
          type="button"
          className={TOGGLE_CLASS}
          tabIndex={-1}
          aria-label={isOpen ? 'Collapse' : 'Expand'}
        />
      ) : null}
      <span className="swatch span-name__swatch" style={{ background: colour }} />
      <span className="span-name__text" title={titleOf(span)}>
        <strong>
          <ServiceText service={span.service} />
        </strong>{' '}
        {span.name === '' ? <em className="muted">no name</em> : span.name}
      </span>
      {isFound ? <span className="span-name__found">found</span> : null}
      <Marks trace={trace} row={row} span={span} isOpen={isOpen} pruned={pruned} />
    </div>
  )
}

const TOPS = { no_parent: null, parent_missing: 'parent missing', circle: 'own ancestor' } as const

type MarksProps = Pick<WithSpan, 'trace' | 'row' | 'span' | 'isOpen' | 'pruned'>

function Marks({ trace, row, span, isOpen, pruned }: MarksProps) {
  const isFolded = canOpen(trace, row) && !isOpen
  const top = at(trace.parent, row) === NONE ? trace.tops.get(row) : undefined
  const why = top === undefined ? null : TOPS[top.reason]
  return (
    <>
      {why === null ? null : <Oddity words={why} />}
      {span.oddity === null ? null : <Oddity words={span.oddity} />}
      {span.status === 'error' ? <ErrorWord>error</ErrorWord> : null}
      {isFolded ? (
        <Below words={`+${formatCount(at(trace.spansBelow, row))}`} errors={at(trace.errorsBelow, row)} />
      ) : null}
      {pruned === undefined || isFolded ? null : (
        <Below words={`${counted(pruned.spans, 'span')} pruned`} errors={pruned.errors} />
      )}
    </>
  )
}

function Oddity({ words }: { words: string }) {
  return (
    <span className="span-name__mark">
      <Mark state="warn" />
      {words}
    </span>
  )
}

/** What is below a row and not shown, with the errors in it. */
export function Below({ words, errors }: { words: string; errors: number }) {
  return (
    <span className="span-name__below muted">
      {words}
      {errors === 0 ? null : <ErrorWord>{counted(errors, 'error')}</ErrorWord>}
    </span>
  )
}

const percent = (part: number) => `${(part * 100).toFixed(3)}%`

function TimeCell({ trace, row, span, window, colour, path }: WithSpan) {
  const bar = barOf(span, window)
  return (
    <div role="gridcell" className="span-time">
      {bar.outside !== null ? null : (
        <span
          className="span-time__bar"
          style={{ left: percent(bar.left), width: percent(bar.width), background: colour }}
        />
      )}
      {path === undefined ? null : <PathParts parts={path} window={window} />}
      <EventTicks trace={trace} row={row} window={window} />
      <span className="span-time__duration mono" style={{ left: percent(bar.left + bar.width) }}>
        {durationText(bar, durationOf(span))}
      </span>
    </div>
  )
}

/** Arrows point to where a bar is that is not in the window. */
function durationText({ outside }: Bar, duration: string): string {
  if (outside === null) return duration
  return outside === 'before' ? `◂ ${duration}` : `${duration} ▸`
}

/** As a line of ink with a halo of paper in the bar, so that it reads on every colour. */
function PathParts({ parts, window }: { parts: readonly Part[]; window: Window }) {
  return drawnParts(parts, window).map(({ left, width }) => (
    <span
      key={left}
      className="span-time__path"
      style={{ left: percent(left), width: percent(width) }}
      title="on the critical path"
    />
  ))
}

function drawnParts(parts: readonly Part[], window: Window): { left: number; width: number }[] {
  const drawn: { left: number; width: number }[] = []
  for (const part of parts) {
    const { left, width, outside } = barOf(part, window)
    if (outside !== null) continue
    const last = drawn.at(-1)
    if (last !== undefined && left - (last.left + last.width) < PARTS_APART)
      last.width = left + width - last.left
    else drawn.push({ left, width })
  }
  return drawn
}

function EventTicks({ trace, row, window }: Pick<Props, 'trace' | 'row' | 'window'>) {
  const { first, at: moments, name, names } = trace.events
  const count = Math.min(EVENTS_MAX, at(first, row + 1) - at(first, row))
  return Array.from({ length: count }, (_, place) => {
    const event = at(first, row) + place
    const { left, outside } = barOf({ start: at(moments, event), duration: 0 }, window)
    if (outside !== null) return null
    return (
      <span
        key={event}
        className="span-time__event"
        style={{ left: percent(left) }}
        title={`event: ${names[at(name, event)] || 'no name'}`}
      />
    )
  })
}

function titleOf(span: Span): string {
  return `${span.service ?? 'unnamed'}: ${span.name} (${span.kind}), ${durationOf(span)}`
}
