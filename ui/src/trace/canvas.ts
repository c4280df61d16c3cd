// A canvas that is drawn again when what it shows, its size, or the colours of the page change.

import { type RefObject, useEffect, useRef } from 'react'
import { onThemeChange, type Palette, paletteOf } from '../graph/palette.ts'
import { whenShown } from '../ui/idle.ts'

export interface Surface {
  context: CanvasRenderingContext2D
  /** In CSS pixels. */
  width: number
  height: number
  palette: Palette
  /** What a CSS colour is on this page, as a canvas understands it. */
  resolve: (colour: string) => string
}

export type Draw = (surface: Surface) => void

/** Where to put the canvas's `ref`. `draw` must be the same function while it would draw the same. */
export function useCanvas(draw: Draw): RefObject<HTMLCanvasElement | null> {
  const ref = useRef<HTMLCanvasElement>(null)
  const latest = useRef(draw)
  useEffect(() => {
    latest.current = draw
    const canvas = ref.current
    if (canvas === null) return
    // At first the rest of the page is to be seen without it.
    const inTime = canvas.dataset['painted'] === undefined ? whenShown : inNextFrame
    return inTime(() => paint(canvas, draw))
  }, [draw])
  useEffect(() => {
    const canvas = ref.current
    if (canvas === null) return
    const again = () => paint(canvas, latest.current)
    const observer = new ResizeObserver(() => {
      if (isOfAnotherSize(canvas)) again()
    })
    observer.observe(canvas)
    const stop = onThemeChange(again)
    return () => {
      observer.disconnect()
      stop()
    }
  }, [])
  return ref
}

function inNextFrame(act: () => void): () => void {
  const frame = requestAnimationFrame(act)
  return () => cancelAnimationFrame(frame)
}

const pixels = (length: number) => Math.round(length * (globalThis.devicePixelRatio || 1))

/** Than it was drawn in; one that was not yet drawn will be in its own. */
function isOfAnotherSize(canvas: HTMLCanvasElement): boolean {
  const isSame = canvas.width === pixels(canvas.clientWidth) && canvas.height === pixels(canvas.clientHeight)
  return canvas.dataset['painted'] !== undefined && !isSame
}

function paint(canvas: HTMLCanvasElement, draw: Draw): void {
  const { clientWidth: width, clientHeight: height } = canvas
  const context = canvas.getContext('2d')
  if (context === null || width === 0 || height === 0) return
  const scale = globalThis.devicePixelRatio || 1
  canvas.width = pixels(width)
  canvas.height = pixels(height)
  context.setTransform(scale, 0, 0, scale, 0, 0)
  const host = canvas.parentElement ?? document.body
  draw({ context, width, height, palette: paletteOf(host), resolve: resolverOf(host) })
  canvas.dataset['painted'] = String(Number(canvas.dataset['painted'] ?? 0) + 1)
}

function resolverOf(host: HTMLElement): Surface['resolve'] {
  const known = new Map<string, string>()
  return colour => {
    const found = known.get(colour)
    if (found !== undefined) return found
    const probe = document.createElement('span')
    probe.hidden = true
    probe.style.color = colour
    host.append(probe)
    const resolved = getComputedStyle(probe).color
    probe.remove()
    known.set(colour, resolved)
    return resolved
  }
}
