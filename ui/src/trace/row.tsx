import { memo } from 'react'
import { counted } from '../ui/format.ts'
import { ErrorWord, Mark } from '../ui/mark.tsx'
import { ServiceText } from '../ui/service-label.tsx'
import { parseMoment } from '../ui/units.ts'
import type { Part } from './critical.ts'
import { rowId } from './places.ts'
import type { Pruned } from './sight.ts'
import { durationOf } from './span.ts'
import { type Bar, barOf } from './timeline.ts'
import type { Top, TreeNode } from './tree.ts'
import type { Window } from './window.ts'

const INDENT = 14
/** Deeper rows are indented no more: their names would leave the column. */
const INDENTED_LEVELS_MAX = 16
/** More would stand on one another. */
const EVENTS_MAX = 24
/** Parts of the path that are nearer to each other than this part of the axis are drawn as one. */
const PARTS_APART = 0.003

/** By it the table knows a click that folds from one that selects. */
export const TOGGLE_CLASS = 'span-name__toggle'

interface Props {
  node: TreeNode
  /** Among the shown rows. */
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

/** A span. The table listens for clicks: a row without handlers is drawn again only when something of it changes. */
export const SpanRow = memo(function SpanRow(props: Props) {
  const { node, index, top, isOpen, isSelected, isFound, isDimmed } = props
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
      data-error={span.status === 'error' || undefined}
      data-found={isFound || undefined}
      data-dimmed={isDimmed || undefined}
      style={{ transform: `translateY(${top}px)` }}
    >
      <NameCell {...props} />
      <TimeCell {...props} />
    </div>
  )
})

function NameCell({ node, colour, isOpen, isFound, pruned }: Props) {
  const { span } = node
  const indent = Math.min(node.depth, INDENTED_LEVELS_MAX) * INDENT
  return (
    <div role="gridcell" className="span-name" style={{ paddingLeft: indent }}>
      {node.below > 0 ? (
        <button
          type="button"
          className={TOGGLE_CLASS}
          tabIndex={-1}
          aria-label={isOpen ? 'Collapse' : 'Expand'}
        />
      ) : null}
      <span className="swatch span-name__swatch" style={{ background: colour }} />
      <span className="span-name__text" title={titleOf(node)}>
        <strong>
          <ServiceText service={span.service} />
        </strong>{' '}
        {span.name === '' ? <em className="muted">no name</em> : span.name}
      </span>
      {isFound ? <span className="span-name__found">found</span> : null}
      <Marks node={node} isOpen={isOpen} pruned={pruned} />
    </div>
  )
}

const TOPS: Record<Exclude<Top, 'root'>, string> = {
  'parent missing': 'parent missing',
  circle: 'own ancestor',
}

function Marks({ node, isOpen, pruned }: Pick<Props, 'node' | 'isOpen' | 'pruned'>) {
  const isFolded = node.below > 0 && !isOpen
  return (
    <>
      {node.top === null || node.top === 'root' ? null : <Oddity words={TOPS[node.top]} />}
      {node.span.oddity === null ? null : <Oddity words={node.span.oddity} />}
      {node.span.status === 'error' ? <ErrorWord>error</ErrorWord> : null}
      {isFolded ? <Below words={`+${node.below.toLocaleString('en')}`} errors={node.errorsBelow} /> : null}
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
function Below({ words, errors }: { words: string; errors: number }) {
  return (
    <span className="span-name__below muted">
      {words}
      {errors === 0 ? null : <ErrorWord>{counted(errors, 'error')}</ErrorWord>}
    </span>
  )
}

const percent = (part: number) => `${(part * 100).toFixed(3)}%`

function TimeCell({ node, window, colour, path }: Props) {
  const { span } = node
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
      {span.otlp.events === undefined ? null : <EventTicks node={node} window={window} />}
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

function EventTicks({ node: { span }, window }: { node: TreeNode; window: Window }) {
  const events = span.otlp.events?.slice(0, EVENTS_MAX) ?? []
  return events.map((event, place) => {
    const at = parseMoment(event.timeUnixNano)
    if (at === null || span.startedAt === null) return null
    const { left, outside } = barOf({ start: span.start + Number(at - span.startedAt), duration: 0 }, window)
    if (outside !== null) return null
    return (
      <span
        // biome-ignore lint/suspicious/noArrayIndexKey: events have no id and never move
        key={place}
        className="span-time__event"
        style={{ left: percent(left) }}
        title={`event: ${event.name || 'no name'}`}
      />
    )
  })
}

function titleOf({ span }: TreeNode): string {
  return `${span.service ?? 'unnamed'}: ${span.name} (${span.kind}), ${durationOf(span)}`
}
