// What a pointer does on a picture over time: it points, presses a dot, or pulls a stretch.

import { useRef, useState } from 'react'
import { type Area, dotAt, type HeatDot, type PlacedDot } from './heat-scene.ts'

/** How near to a dot, in pixels, a pointer must be. */
const REACH = 8
/** A shorter pull is a press. */
const PULL_MIN = 6

export interface Stretch {
  from: number
  to: number
}

interface Options<Dot extends HeatDot> {
  area: Area
  placed: readonly PlacedDot<Dot>[]
  onPoint: (at: { x: number; y: number } | null, dot: Dot | null) => void
  onBrush: (from: number, to: number) => void
  onPress: (dot: PlacedDot<Dot>) => void
}

/** From where to where, inside the plot, whichever way it was pulled. */
export function stretch(from: number, to: number, { left, width }: Area): Stretch {
  const inside = (x: number) => Math.min(left + width, Math.max(left, x))
  return { from: inside(Math.min(from, to)), to: inside(Math.max(from, to)) }
}

export function useBrush<Dot extends HeatDot>({ area, placed, onPoint, onBrush, onPress }: Options<Dot>) {
  const host = useRef<HTMLDivElement>(null)
  const begun = useRef<{ x: number; dot: PlacedDot<Dot> | null } | null>(null)
  const [selected, setSelected] = useState<Stretch | null>(null)
  const [lit, setLit] = useState<PlacedDot<Dot> | null>(null)
  const at = (event: React.PointerEvent) => {
    const box = host.current?.getBoundingClientRect()
    return { x: event.clientX - (box?.left ?? 0), y: event.clientY - (box?.top ?? 0) }
  }
  const point = (event: React.PointerEvent) => {
    const { x, y } = at(event)
    const dot = dotAt(placed, x, y, REACH)
    setLit(dot)
    onPoint({ x, y }, dot?.dot ?? null)
  }
  const leave = () => {
    setLit(null)
    onPoint(null, null)
  }
  const handlers = {
    onPointerDown(event: React.PointerEvent) {
      if (event.button !== 0) return
      const { x, y } = at(event)
      // The one that the pointer was told of, wherever newer data has put it since.
      begun.current = { x, dot: lit ?? dotAt(placed, x, y, REACH) }
      // So that a pull may end beside the picture.
      host.current?.setPointerCapture?.(event.pointerId)
    },
    onPointerMove(event: React.PointerEvent) {
      point(event)
      const { x } = at(event)
      if (begun.current !== null && Math.abs(x - begun.current.x) >= PULL_MIN) {
        setSelected(stretch(begun.current.x, x, area))
      }
    },
    onPointerUp(event: React.PointerEvent) {
      // Another button than the first ends here, too.
      if (begun.current === null) return
      const { x, dot } = begun.current
      const pulled = stretch(x, at(event).x, area)
      begun.current = null
      setSelected(null)
      if (pulled.to - pulled.from >= PULL_MIN) onBrush(pulled.from, pulled.to)
      else if (dot !== null) onPress(dot)
    },
    onPointerCancel() {
      begun.current = null
      setSelected(null)
      leave()
    },
    onPointerLeave: leave,
  }
  return { host, handlers, selected, lit }
}
