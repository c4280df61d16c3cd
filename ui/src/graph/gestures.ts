// Pointers and wheels turned into what they mean for a drawing: pull, zoom, point, press.

import type { Point } from './geometry.ts'

export interface Gestures {
  pull: (dx: number, dy: number) => void
  zoom: (at: Point, factor: number) => void
  /** Where a mouse points; null when it leaves. */
  point: (at: Point | null) => void
  press: (at: Point) => void
  /** Asked once a pull begins: whether there is something to be taken along instead of the drawing. */
  grab: (at: Point) => boolean
  drag: (at: Point) => void
  drop: (at: Point) => void
  /** What was taken along stays where it was. */
  letGo: () => void
  pressTwice: (at: Point) => void
}

/** A hand that shakes this far still presses. */
const SHAKE_MAX = 4
const WHEEL_FACTOR = 0.0015
/** Browsers tell of a pinch on a touch pad as a wheel with Ctrl, and of less of it. */
const PINCH_FACTOR = 0.01
const LINE_HEIGHT = 16
const DELTA_LINE = 1

/** Listens on an element until the returned function is called. */
export function listen(element: HTMLElement, gestures: Gestures): () => void {
  const stop = new AbortController()
  const { signal } = stop
  const hands = new Hands(element, gestures)
  const on = <Name extends keyof HTMLElementEventMap>(
    name: Name,
    handle: (event: HTMLElementEventMap[Name]) => void,
    options: AddEventListenerOptions = {},
  ) => element.addEventListener(name, handle, { signal, ...options })
  on('pointerdown', event => hands.down(event))
  on('pointermove', event => hands.move(event))
  on('pointerup', event => hands.up(event))
  on('pointercancel', event => hands.cancel(event))
  on('pointerleave', event => event.pointerType === 'mouse' && gestures.point(null))
  on('dblclick', event => gestures.pressTwice(pointOf(element, event)))
  // Not passive: the page must not scroll or zoom with the drawing.
  on('wheel', event => wheel(element, gestures, event), { passive: false })
  return () => stop.abort()
}

function pointOf(element: HTMLElement, { clientX, clientY }: MouseEvent): Point {
  const { left, top } = element.getBoundingClientRect()
  return { x: clientX - left, y: clientY - top }
}

function wheel(element: HTMLElement, gestures: Gestures, event: WheelEvent): void {
  event.preventDefault()
  const delta = event.deltaY * (event.deltaMode === DELTA_LINE ? LINE_HEIGHT : 1)
  gestures.zoom(pointOf(element, event), Math.exp(-delta * (event.ctrlKey ? PINCH_FACTOR : WHEEL_FACTOR)))
}

/** The pointers that are down: one pulls, two pinch. */
class Hands {
  private readonly element: HTMLElement
  private readonly gestures: Gestures
  private readonly pressed = new Map<number, Point>()
  private start: Point | null = null
  private isPull = false
  private isDrag = false

  constructor(element: HTMLElement, gestures: Gestures) {
    this.element = element
    this.gestures = gestures
  }

  down(event: PointerEvent): void {
    if (event.button !== 0) return
    const at = pointOf(this.element, event)
    this.pressed.set(event.pointerId, at)
    this.start = at
    // A second finger is for zooming.
    if (this.isDrag) this.gestures.letGo()
    this.isDrag = false
    this.isPull = this.pressed.size > 1
  }

  move(event: PointerEvent): void {
    const at = pointOf(this.element, event)
    const before = this.pressed.get(event.pointerId)
    if (before === undefined) {
      if (event.pointerType === 'mouse') this.gestures.point(at)
      return
    }
    if (!this.isPull && this.start !== null) {
      if (Math.hypot(at.x - this.start.x, at.y - this.start.y) <= SHAKE_MAX) return
      this.isPull = true
      // So that it can leave the element and still be followed.
      this.element.setPointerCapture(event.pointerId)
      this.element.dataset['pulled'] = 'yes'
      this.isDrag = this.gestures.grab(this.start)
    }
    if (this.isDrag) {
      this.gestures.drag(at)
      this.pressed.set(event.pointerId, at)
      return
    }
    this.pinch(event.pointerId, before, at)
    const share = 1 / this.pressed.size
    this.gestures.pull((at.x - before.x) * share, (at.y - before.y) * share)
    this.pressed.set(event.pointerId, at)
  }

  /** The two fingers stay on what they touch. */
  private pinch(id: number, before: Point, at: Point): void {
    const other = [...this.pressed].find(([pointer]) => pointer !== id)?.[1]
    if (other === undefined) return
    const [was, is] = [distance(before, other), distance(at, other)]
    if (was > 0) this.gestures.zoom({ x: (at.x + other.x) / 2, y: (at.y + other.y) / 2 }, is / was)
  }

  up(event: PointerEvent): void {
    const isPress = this.pressed.has(event.pointerId) && !this.isPull
    const at = pointOf(this.element, event)
    if (this.isDrag) this.gestures.drop(at)
    this.isDrag = false
    this.cancel(event)
    if (isPress) this.gestures.press(at)
  }

  cancel({ pointerId }: PointerEvent): void {
    if (this.isDrag) this.gestures.letGo()
    this.isDrag = false
    this.pressed.delete(pointerId)
    if (this.pressed.size > 0) return
    this.start = null
    delete this.element.dataset['pulled']
  }
}

const distance = (a: Point, b: Point) => Math.hypot(a.x - b.x, a.y - b.y)
