// The calls of a trace below their callers, in time. The picture is a canvas; one real button lies over the span that is
// looked at, so that keys and screen readers have something to hold on to.

import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { counted } from '../ui/format.ts'
import { TimeAxis } from './axis.tsx'
import { useCanvas } from './canvas.ts'
import { at, isError } from './columns.ts'
import './flame.css'
import { drawFlame, FLAME_TOP, LANE_HEIGHT } from './flame-draw.ts'
import { flameStep, hitIn } from './flame-find.ts'
import { type Lanes, lanesOf } from './flame-lanes.ts'
import { FlameTip } from './flame-tip.tsx'
import { keyAt, rowOfKey } from './ids.ts'
import { VIEW } from './places.ts'
import type { Reading } from './reading.ts'
import { durationOf, spanAt } from './span.ts'
import type { Looking } from './view.ts'
import { around, wholeOf } from './window.ts'

interface Props {
  reading: Reading
  looking: Looking
}

interface Hover {
  row: number
  x: number
  y: number
}

export function FlameGraph({ reading, looking }: Props) {
  const { sight, trace } = reading
  const { window, view, select, zoom } = looking
  const lanes = useMemo(() => lanesOf(trace, sight.hidden), [trace, sight])
  const scroller = useRef<HTMLDivElement>(null)
  const [scrolled, setScrolled] = useState(0)
  const [hover, setHover] = useState<Hover | null>(null)
  const selected = rowOfKey(trace, view.selected)
  const hovered = hover?.row
  const draw = useCallback<Parameters<typeof useCanvas>[0]>(
    surface => drawFlame(surface, { reading, lanes, window, scrolled, selected, hovered }),
    [reading, lanes, window, scrolled, selected, hovered],
  )
  const canvas = useCanvas(draw)
  useLaneInSight(scroller, selected === undefined ? undefined : lanes.laneOf[selected])

  const rowAt = ({ clientX, clientY }: React.MouseEvent) => {
    const box = canvas.current?.getBoundingClientRect()
    if (box === undefined) return undefined
    const [x, y] = [clientX - box.left, clientY - box.top + scrolled]
    return hitIn({ reading, lanes, window }, x, y, box.width)
  }
  const keyOf = (row: number | undefined) => (row === undefined ? undefined : keyAt(trace, row))
  const onMove = (event: React.MouseEvent) => {
    const row = rowAt(event)
    const box = scroller.current?.getBoundingClientRect()
    if (row === undefined || box === undefined) setHover(null)
    else setHover({ row, x: event.clientX - box.left, y: event.clientY - box.top + scrolled })
  }
  const onDoubleClick = (event: React.MouseEvent) => {
    const row = rowAt(event)
    zoom(row === undefined ? wholeOf(trace.length) : around(spanAt(trace, row), trace.length))
  }
  const onKeyDown = (event: React.KeyboardEvent) => {
    const next = flameStep({ reading, lanes }, selected, event.key)
    if (next === undefined) return
    // The rows of the waterfall are elsewhere: here arrows follow the picture.
    event.preventDefault()
    select(keyOf(next))
  }
  return (
    <div
      ref={scroller}
      className="flame"
      role="application"
      aria-label="Flame graph"
      aria-describedby="flame-summary"
      onScroll={event => setScrolled(event.currentTarget.scrollTop)}
      onMouseMove={onMove}
      onMouseLeave={() => setHover(null)}
      onKeyDown={onKeyDown}
    >
      <p id="flame-summary" className="visually-hidden">
        {summaryOf(reading, lanes)}
      </p>
      <div className="flame__paper" style={{ height: FLAME_TOP + lanes.lanes.length * LANE_HEIGHT + 8 }}>
        <div className="flame__axis" aria-hidden="true">
          <TimeAxis window={window} />
        </div>
        <canvas
          ref={canvas}
          className="flame__canvas"
          onClick={event => select(keyOf(rowAt(event)))}
          onDoubleClick={onDoubleClick}
        />
        <FocusButton reading={reading} lanes={lanes} looking={looking} row={selected} />
        {hover === null ? null : <FlameTip reading={reading} row={hover.row} x={hover.x} y={hover.y} />}
      </div>
    </div>
  )
}

/** What the picture shows, for who does not see it. */
function summaryOf({ trace }: Reading, { lanes, laneOf }: Lanes): string {
  let [shown, errors] = [0, 0]
  laneOf.forEach((lane, row) => {
    if (lane === -1) return
    shown += 1
    errors += isError(trace, row) ? 1 : 0
  })
  return (
    `${counted(shown, 'span')} in ${counted(lanes.length, 'lane')}, ${counted(errors, 'error')}. ` +
    'Up goes to the caller, down to the first call, left and right along the lane. The table has all of it in words.'
  )
}

interface FocusProps extends Props {
  lanes: Lanes
  row: number | undefined
}

/** Lies over the selected span, or over the first one. */
function FocusButton({ reading, lanes, looking, row }: FocusProps) {
  const { trace } = reading
  const shown = row !== undefined && lanes.laneOf[row] !== -1 ? row : lanes.lanes[0]?.[0]
  if (shown === undefined) return null
  const span = spanAt(trace, shown)
  const length = looking.window.to - looking.window.from
  const part = (time: number) =>
    length > 0 ? Math.min(1, Math.max(0, (time - looking.window.from) / length)) : 0
  const [left, right] = [part(span.start), part(span.start + span.duration)]
  const words = [
    `${span.service ?? 'unnamed'} ${span.name || 'no name'}`,
    durationOf(span),
    ...(span.status === 'error' ? ['error'] : []),
    `level ${at(trace.level, shown) + 1}`,
  ]
  return (
    <button
      type="button"
      id={VIEW}
      className="flame__focus"
      aria-label={words.join(', ')}
      aria-pressed={row === shown}
      onClick={() => looking.select(span.key)}
      style={{
        left: `${left * 100}%`,
        width: `${Math.max(0, right - left) * 100}%`,
        top: FLAME_TOP + at(lanes.laneOf, shown) * LANE_HEIGHT,
        height: LANE_HEIGHT,
      }}
    />
  )
}

function useLaneInSight(scroller: React.RefObject<HTMLDivElement | null>, lane: number | undefined): void {
  useEffect(() => {
    const element = scroller.current
    if (element === null || lane === undefined || lane < 0) return
    const top = lane * LANE_HEIGHT
    const least = FLAME_TOP + top + 2 * LANE_HEIGHT - element.clientHeight
    if (element.scrollTop > top) element.scrollTop = top
    else if (element.scrollTop < least) element.scrollTop = least
  }, [scroller, lane])
}
