// The durations of the shown traces over time. A click opens a trace, a drag narrows the search to what it spans; the
// keyboard reaches the same traces in the list below. Whoever points at a dot or drags has a picture that stands still: what
// comes meanwhile would put another dot, or none, under the pointer.

import { useEffect, useMemo, useRef, useState } from 'react'
import type { SchemaTraceItem } from '../../api/schema.d.ts'
import { onThemeChange, paletteOf } from '../../graph/palette.ts'
import type { EpochMilliseconds } from '../../ui/units.ts'
import { DotTip } from './dot-tip.tsx'
import { draw } from './draw.ts'
import {
  type Brushed,
  brushed,
  type Dot,
  dotAt,
  dotsOf,
  type Extent,
  extentOf,
  type Point,
  Scale,
} from './scale.ts'
import { summaryOf } from './summary.ts'
import './scatter.css'

const HEIGHT = 136
/** A pointer that moves less has clicked. */
const DRAG_MIN = 5

/** What a pointer holds still. */
interface Held {
  question: string
  dots: readonly Dot[]
  extent: Extent
}

interface Props {
  /** Of which the traces are the answer: the picture of one is not held when another is asked. */
  question: string
  traces: readonly SchemaTraceItem[]
  range: { start: EpochMilliseconds; end: EpochMilliseconds }
  /** Whether older traces may be missing. */
  isCut: boolean
  onOpen: (traceId: string) => void
  onBrush: (brushed: Brushed) => void
}

export function Scatter({ question, traces, range, isCut, onOpen, onBrush }: Props) {
  const frame = useRef<HTMLDivElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const [width, setWidth] = useState(0)
  const [theme, setTheme] = useState(0)
  const [hovered, setHovered] = useState<Dot | null>(null)
  const [brush, setBrush] = useState<{ from: Point; to: Point } | null>(null)
  const [held, setHeld] = useState<Held | null>(null)
  const { start, end } = range
  const newest = useMemo(() => dotsOf(traces), [traces])
  const now = useMemo(() => extentOf(newest, { start, end }, isCut), [newest, start, end, isCut])
  const { dots, extent } = held?.question === question ? held : { dots: newest, extent: now }
  const summary = useMemo(() => summaryOf(dots), [dots])
  const scale = useMemo(() => new Scale(extent, { width, height: HEIGHT }), [extent, width])
  const hold = () => setHeld(before => (before?.question === question ? before : { question, dots, extent }))
  const point = (dot: Dot | null) => {
    setHovered(dot)
    if (dot === null) setHeld(null)
    else hold()
  }

  useEffect(() => onThemeChange(() => setTheme(before => before + 1)), [])
  useEffect(() => {
    const element = frame.current
    if (element === null) return
    const measure = () => setWidth(element.clientWidth)
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  // biome-ignore lint/correctness/useExhaustiveDependencies: the colours of the palette follow the theme
  useEffect(() => {
    if (canvas.current === null || frame.current === null || width === 0) return
    draw(canvas.current, { dots, scale, palette: paletteOf(frame.current), hovered })
    canvas.current.dataset['painted'] = String(dots.length)
  }, [dots, scale, hovered, width, theme])

  const isDragging =
    brush !== null && Math.hypot(brush.to.x - brush.from.x, brush.to.y - brush.from.y) >= DRAG_MIN
  const pointAt = (event: React.PointerEvent): Point => {
    const box = event.currentTarget.getBoundingClientRect()
    return { x: event.clientX - box.left, y: event.clientY - box.top }
  }
  const onPointerDown = (event: React.PointerEvent) => {
    if (event.button !== 0) return
    event.currentTarget.setPointerCapture(event.pointerId)
    const from = pointAt(event)
    setBrush({ from, to: from })
    hold()
  }
  const onPointerMove = (event: React.PointerEvent) => {
    const place = pointAt(event)
    if (brush !== null) setBrush({ ...brush, to: place })
    else point(dotAt(dots, scale, place))
  }
  const leave = () => {
    setBrush(null)
    point(null)
  }
  const onPointerUp = (event: React.PointerEvent) => {
    leave()
    if (brush === null) return
    if (isDragging) return onBrush(brushed(scale, brush.from, brush.to))
    const dot = dotAt(dots, scale, pointAt(event))
    if (dot !== null) onOpen(dot.trace.trace_id)
  }

  return (
    <figure className="scatter" aria-label="Durations of the traces shown">
      <div
        ref={frame}
        className="scatter__frame"
        data-hovers={hovered !== null}
        style={{ height: HEIGHT }}
        onPointerDown={onPointerDown}
        onPointerMove={onPointerMove}
        onPointerUp={onPointerUp}
        onPointerCancel={leave}
        onPointerLeave={() => brush === null && point(null)}
      >
        <canvas ref={canvas} className="scatter__canvas" role="img" aria-label={summary} />
        {isDragging && brush !== null ? <Brush {...brush} scale={scale} /> : null}
        {hovered !== null && !isDragging ? (
          <DotTip dot={hovered} x={scale.x(hovered.at)} y={scale.y(hovered.ms)} width={width} />
        ) : null}
      </div>
      <figcaption className="scatter__caption">
        <span className="muted">
          <svg viewBox="0 0 10 10" className="mark mark--ok" aria-hidden="true">
            <circle cx="5" cy="5" r="4" fill="currentColor" />
          </svg>{' '}
          no errors{' '}
          <svg viewBox="0 0 10 10" className="mark mark--bad" aria-hidden="true">
            <path d="M5 .2 9.8 5 5 9.8.2 5z" fill="currentColor" />
          </svg>{' '}
          errors; larger with more spans. Drag to narrow time and duration. The table below has the same data.
        </span>
      </figcaption>
    </figure>
  )
}

function Brush({ from, to, scale }: { from: Point; to: Point; scale: Scale }) {
  const [a, b] = [scale.clamped(from), scale.clamped(to)]
  const style = {
    left: Math.min(a.x, b.x),
    top: Math.min(a.y, b.y),
    width: Math.abs(a.x - b.x),
    height: Math.abs(a.y - b.y),
  }
  return <div className="scatter__brush" style={style} />
}
