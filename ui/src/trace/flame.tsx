// The calls of a trace below their callers, in time. The picture is a canvas; one real button lies over the span that is
// looked at, so that keys and screen readers have something to hold on to.

import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { counted } from '../ui/format.ts'
import { TimeAxis } from './axis.tsx'
import { useCanvas } from './canvas.ts'
import './flame.css'
import { drawFlame, FLAME_TOP, LANE_HEIGHT } from './flame-draw.ts'
import { flameStep, hitIn } from './flame-find.ts'
import { type Lanes, lanesOf } from './flame-lanes.ts'
import { FlameTip } from './flame-tip.tsx'
import { VIEW } from './places.ts'
import type { Reading } from './reading.ts'
import { durationOf } from './span.ts'
import type { Looking } from './view.ts'
import { around, wholeOf } from './window.ts'

interface Props {
  reading: Reading
  looking: Looking
}

interface Hover {
  place: number
  x: number
  y: number
}

export function FlameGraph({ reading, looking }: Props) {
  const { tree, sight, trace } = reading
  const { window, view, select, zoom } = looking
  const lanes = useMemo(() => lanesOf(tree, sight.hidden), [tree, sight])
  const scroller = useRef<HTMLDivElement>(null)
  const [scrolled, setScrolled] = useState(0)
  const [hover, setHover] = useState<Hover | null>(null)
  const selected = view.selected === undefined ? undefined : tree.places.get(view.selected)
  const hovered = hover?.place
  const draw = useCallback<Parameters<typeof useCanvas>[0]>(
    surface => drawFlame(surface, { reading, lanes, window, scrolled, selected, hovered }),
    [reading, lanes, window, scrolled, selected, hovered],
  )
  const canvas = useCanvas(draw)
  useLaneInSight(scroller, selected === undefined ? undefined : lanes.laneOf[selected])

  const placeAt = ({ clientX, clientY }: React.MouseEvent) => {
    const box = canvas.current?.getBoundingClientRect()
    if (box === undefined) return undefined
    const [x, y] = [clientX - box.left, clientY - box.top + scrolled]
    return hitIn({ reading, lanes, window }, x, y, box.width)
  }
  const keyOf = (place: number | undefined) => (place === undefined ? undefined : tree.nodes[place]?.span.key)
  const onMove = (event: React.MouseEvent) => {
    const place = placeAt(event)
    const box = scroller.current?.getBoundingClientRect()
    if (place === undefined || box === undefined) setHover(null)
    else setHover({ place, x: event.clientX - box.left, y: event.clientY - box.top + scrolled })
  }
  const onDoubleClick = (event: React.MouseEvent) => {
    const span = tree.nodes[placeAt(event) ?? -1]?.span
    zoom(span === undefined ? wholeOf(trace.duration) : around(span, trace.duration))
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
          onClick={event => select(keyOf(placeAt(event)))}
          onDoubleClick={onDoubleClick}
        />
        <FocusButton reading={reading} lanes={lanes} looking={looking} place={selected} />
        {hover === null ? null : <FlameTip reading={reading} place={hover.place} x={hover.x} y={hover.y} />}
      </div>
    </div>
  )
}

/** What the picture shows, for who does not see it. */
function summaryOf({ tree, sight }: Reading, { lanes, laneOf }: Lanes): string {
  const shown = laneOf.reduce((count, lane) => count + (lane === -1 ? 0 : 1), 0)
  const errors = tree.nodes.filter(
    (node, place) => node.span.status === 'error' && sight.hidden?.[place] !== 1,
  ).length
  return (
    `${counted(shown, 'span')} in ${counted(lanes.length, 'lane')}, ${counted(errors, 'error')}. ` +
    'Up goes to the caller, down to the first call, left and right along the lane. The table has all of it in words.'
  )
}

interface FocusProps extends Props {
  lanes: Lanes
  place: number | undefined
}

/** Lies over the selected span, or over the first one. */
function FocusButton({ reading, lanes, looking, place }: FocusProps) {
  const at = place !== undefined && lanes.laneOf[place] !== -1 ? place : (lanes.lanes[0]?.[0] ?? 0)
  const node = reading.tree.nodes[at]
  if (node === undefined) return null
  const { span, depth } = node
  const length = looking.window.to - looking.window.from
  const part = (time: number) =>
    length > 0 ? Math.min(1, Math.max(0, (time - looking.window.from) / length)) : 0
  const [left, right] = [part(span.start), part(span.start + span.duration)]
  const words = [
    `${span.service ?? 'unnamed'} ${span.name || 'no name'}`,
    durationOf(span),
    ...(span.status === 'error' ? ['error'] : []),
    `level ${depth + 1}`,
  ]
  return (
    <button
      type="button"
      id={VIEW}
      className="flame__focus"
      aria-label={words.join(', ')}
      aria-pressed={place === at}
      onClick={() => looking.select(span.key)}
      style={{
        left: `${left * 100}%`,
        width: `${Math.max(0, right - left) * 100}%`,
        top: FLAME_TOP + (lanes.laneOf[at] ?? 0) * LANE_HEIGHT,
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
