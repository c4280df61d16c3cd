// Keeps the canvas of a heat map as its box and the theme are.

import { useEffect, useEffectEvent, useRef, useState } from 'react'
import { onThemeChange } from '../graph/palette.ts'
import { CHART_COLOURS, plainColours } from './colours.ts'
import { drawHeat, type HeatPicture } from './heat-draw.ts'

const RATIO_MAX = 2

export function useHeatCanvas(
  { heat, frame, area, dots, lit, format }: Omit<HeatPicture, 'colours'>,
  onWidth: (width: number) => void,
) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const [theme, setTheme] = useState(0)
  const tellWidth = useEffectEvent((width: number) => onWidth(width))

  useEffect(() => {
    const box = canvas.current?.parentElement
    if (box == null) return
    const observer = new ResizeObserver(() => tellWidth(box.clientWidth))
    observer.observe(box)
    const stop = onThemeChange(() => setTheme(count => count + 1))
    return () => {
      observer.disconnect()
      stop()
    }
  }, [])

  useEffect(() => {
    const element = canvas.current
    const box = element?.parentElement
    if (element === null || box == null || box.clientWidth === 0) return
    const ratio = Math.min(RATIO_MAX, globalThis.devicePixelRatio || 1)
    element.width = Math.round(box.clientWidth * ratio)
    element.height = Math.round(box.clientHeight * ratio)
    const context = element.getContext('2d')
    if (context === null) return
    context.scale(ratio, ratio)
    const colours = plainColours(box, CHART_COLOURS)
    drawHeat(context, { heat, frame, area, dots, lit, format, colours })
    element.dataset['painted'] = `${frame.start} ${theme}`
  }, [heat, frame, area, dots, lit, format, theme])
  return canvas
}
