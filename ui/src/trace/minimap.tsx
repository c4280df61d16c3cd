// The whole trace in a strip. A drag over it chooses the time that is shown, a double click shows all of it again; the keys
// of the page do the same.

import { useCallback, useRef, useState } from 'react'
import { counted, formatDuration } from '../ui/format.ts'
import { nanoseconds } from '../ui/units.ts'
import { useCanvas } from './canvas.ts'
import { endOf } from './columns.ts'
import './minimap.css'
import { drawMinimap } from './minimap-draw.ts'
import type { Reading } from './reading.ts'
import { fitted, lengthOf, type Window, wholeOf } from './window.ts'

interface Props {
  reading: Reading
  window: Window
  onZoom: (window: Window) => void
}

/** As far from an edge of the window one still takes hold of it. */
const GRIP = 6
/** A shorter drag was a click. */
const DRAG_MIN = 4

/** A drag from one moment to another. */
interface Brush {
  fixed: number
  moving: number
}

export function Minimap({ reading, window, onZoom }: Props) {
  const draw = useCallback<Parameters<typeof useCanvas>[0]>(
    surface => drawMinimap(surface, reading),
    [reading],
  )
  const canvas = useCanvas(draw)
  const strip = useRef<HTMLDivElement>(null)
  const [brush, setBrush] = useState<Brush | null>(null)
  const length = reading.trace.length
  const shown = brush === null ? window : windowOfBrush(brush, length)
  const isWhole = lengthOf(shown) >= length

  const momentAt = (clientX: number) => {
    const box = strip.current?.getBoundingClientRect()
    if (box === undefined || box.width === 0) return 0
    return Math.min(1, Math.max(0, (clientX - box.left) / box.width)) * length
  }
  const pixels = (time: number) => (time / length) * (strip.current?.clientWidth ?? 0)
  const onPointerDown = (event: React.PointerEvent) => {
    if (event.button !== 0 || length <= 0) return
    event.currentTarget.setPointerCapture(event.pointerId)
    const at = momentAt(event.clientX)
    setBrush({ fixed: otherEdge(window, at, isWhole, pixels), moving: at })
  }
  const onPointerMove = (event: React.PointerEvent) => {
    if (brush !== null) setBrush({ ...brush, moving: momentAt(event.clientX) })
  }
  const onPointerUp = () => {
    if (brush === null) return
    setBrush(null)
    if (pixels(Math.abs(brush.moving - brush.fixed)) >= DRAG_MIN) onZoom(windowOfBrush(brush, length))
  }
  return (
    <figure className="minimap" aria-label="Overview of the trace">
      {/* biome-ignore lint/a11y/noStaticElementInteractions: for the mouse; the keys of the page do the same */}
      <div
        ref={strip}
        className="minimap__strip"
        data-brushing={brush !== null || undefined}
        onPointerDown={onPointerDown}
        onPointerMove={onPointerMove}
        onPointerUp={onPointerUp}
        onPointerCancel={() => setBrush(null)}
        onDoubleClick={() => onZoom(wholeOf(length))}
      >
        <canvas ref={canvas} className="minimap__canvas" />
        {isWhole ? null : <Shades window={shown} length={length} />}
      </div>
      <figcaption className="minimap__caption">
        <Caption reading={reading} window={shown} isWhole={isWhole} />
        {isWhole ? null : (
          <button type="button" className="link-button" onClick={() => onZoom(wholeOf(length))}>
            Show all of it
          </button>
        )}
      </figcaption>
    </figure>
  )
}

function windowOfBrush({ fixed, moving }: Brush, length: number): Window {
  return fitted(Math.min(fixed, moving), Math.max(fixed, moving), nanoseconds(length))
}

/** Who takes hold of an edge moves that edge; everybody else begins anew. */
function otherEdge({ from, to }: Window, at: number, isWhole: boolean, pixels: (time: number) => number) {
  if (isWhole) return at
  if (pixels(Math.abs(at - from)) <= GRIP) return to
  return pixels(Math.abs(at - to)) <= GRIP ? from : at
}

function Shades({ window, length }: { window: Window; length: number }) {
  const percent = (time: number) => `${(100 * time) / length}%`
  return (
    <>
      <span className="minimap__shade" style={{ left: 0, width: percent(window.from) }} />
      <span className="minimap__shade" style={{ left: percent(window.to), right: 0 }} />
      <span
        className="minimap__window"
        style={{ left: percent(window.from), width: percent(lengthOf(window)) }}
      />
    </>
  )
}

function Caption({ reading, window, isWhole }: { reading: Reading; window: Window; isWhole: boolean }) {
  const { trace } = reading
  if (isWhole) return <span className="muted">Drag to zoom in, or press w</span>
  const { from, to } = window
  const inside = trace.start.reduce(
    (count, start, row) => count + (start <= to && endOf(trace, row) >= from ? 1 : 0),
    0,
  )
  return (
    <span>
      Shown:{' '}
      <span className="mono">
        {formatDuration(from)} to {formatDuration(to)}
      </span>
      , {formatDuration(lengthOf(window))} with {counted(inside, 'span')}
    </span>
  )
}
