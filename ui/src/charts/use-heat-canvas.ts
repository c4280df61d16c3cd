// Keeps the canvas of a heat map as its box and the theme are.

import { useEffect, useEffectEvent, useRef, useState } from 'react'
import { onThemeChange } from '../graph/palette.ts'
import { CHART_COLOURS, plainColours } from './colours.ts'
import { drawHeat, type HeatPicture } from './heat-draw.ts'

const RATIO_MAX = 2
/** The newest ones. */
const DOTS_TOLD = 8

export function useHeatCanvas(
  { heat, frame, area, dots, lit, format }: Omit<HeatPicture, 'colours'>,
  onWidth: (width: number) => void,
) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const [colours, setColours] = useState<HeatPicture['colours'] | null>(null)
  const tellWidth = useEffectEvent((width: number) => onWidth(width))

  useEffect(() => {
    const box = canvas.current?.parentElement
    if (box == null) return
    const observer = new ResizeObserver(() => tellWidth(box.clientWidth))
    observer.observe(box)
    const readColours = () => setColours(plainColours(box, CHART_COLOURS))
    readColours()
    const stop = onThemeChange(readColours)
    return () => {
      observer.disconnect()
      stop()
    }
  }, [])

  useEffect(() => {
    const element = canvas.current
    if (element === null || colours === null || element.clientWidth === 0) return
    const ratio = Math.min(RATIO_MAX, globalThis.devicePixelRatio || 1)
    element.width = Math.round(element.clientWidth * ratio)
    element.height = Math.round(element.clientHeight * ratio)
    const context = element.getContext('2d')
    if (context === null) return
    context.scale(ratio, ratio)
    drawHeat(context, { heat, frame, area, dots, lit, format, colours })
    // For who looks for them without eyes.
    element.dataset['dots'] = dots
      .slice(-DOTS_TOLD)
      .map(({ x, y }) => `${Math.round(x)},${Math.round(y)}`)
      .join(' ')
  }, [heat, frame, area, dots, lit, format, colours])
  return canvas
}
