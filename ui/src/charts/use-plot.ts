// Keeps a plot on the page: made once, told of other data, sizes and themes.

import { useEffect, useEffectEvent, useRef } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { onThemeChange } from '../graph/palette.ts'
import { CHART_COLOURS, type ChartColour, plainColours } from './colours.ts'
import type { Cursor } from './cursor.ts'
import { type PlotEvents, plotData, plotOptions, type Shown } from './plot.ts'
import type { Series } from './series.ts'

export type Content = Omit<Shown, 'colours'>

/** Other series, or another way to draw them, need another plot. */
function structureOf({ series, kind }: Content): string {
  return `${kind} ${series.map(({ id }) => id).join(' ')}`
}

function coloursOf(host: HTMLElement, series: readonly Series[]): Shown['colours'] {
  const wanted: Record<string, string> = { ...CHART_COLOURS }
  for (const { id, colour } of series) {
    wanted[`line ${id}`] = colour
    wanted[`area ${id}`] = `color-mix(in srgb, ${colour} 16%, transparent)`
  }
  const plain = plainColours(host, wanted)
  const ofSeries = (look: 'line' | 'area') =>
    Object.fromEntries(series.map(({ id }) => [id, plain[`${look} ${id}`] ?? 'gray']))
  return { ...pick(plain), line: ofSeries('line'), area: ofSeries('area') }
}

function pick(plain: Record<string, string>): Record<ChartColour, string> {
  const names = Object.keys(CHART_COLOURS) as ChartColour[]
  return Object.fromEntries(names.map(name => [name, plain[name]])) as Record<ChartColour, string>
}

export function usePlot(
  content: Content,
  cursor: Cursor,
  height: number,
  events: Omit<PlotEvents, 'onPoint'>,
) {
  const host = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot>(null)
  const shown = useRef<Shown>(null)
  const zoom = useEffectEvent((start: number, end: number) => events.onZoom(start, end))
  const zoomOut = useEffectEvent(() => events.onZoomOut())
  const begin = useEffectEvent((element: HTMLElement) => {
    shown.current = { ...content, colours: coloursOf(element, content.series) }
  })
  const structure = structureOf(content)

  useEffect(() => {
    // Where there is nothing to draw on, the words beside the chart say it all.
    if (host.current === null || document.createElement('canvas').getContext('2d') === null) return
    const element = host.current
    begin(element)
    const made = make(element, height, structure, shown, cursor, {
      onZoom: (start, end) => zoom(start, end),
      onZoomOut: () => zoomOut(),
    })
    plot.current = made.plot
    return () => {
      plot.current = null
      made.destroy()
    }
  }, [structure, height, cursor])

  useEffect(() => {
    if (plot.current === null || shown.current === null) return
    shown.current = { ...content, colours: shown.current.colours }
    plot.current.setData(plotData(shown.current))
  }, [content])
  return host
}

type Changing = React.RefObject<Shown | null>

function make(
  host: HTMLElement,
  height: number,
  structure: string,
  shown: Changing,
  cursor: Cursor,
  events: Omit<PlotEvents, 'onPoint'>,
) {
  const read = () => {
    if (shown.current === null) throw new Error(`nothing to draw: ${structure}`)
    return shown.current
  }
  // Who is told of the cursor does not tell it on.
  let isTold = false
  const onPoint = (time: number | null) => {
    if (!isTold) cursor.point(time)
  }
  const size = { width: Math.max(1, host.clientWidth), height }
  const plot = new uPlot(plotOptions(read, size, { ...events, onPoint }), plotData(read()), host)
  const follow = () => {
    isTold = true
    const time = cursor.read()
    const left = time === null ? -10 : plot.valToPos(time + read().frame.step / 2, 'x')
    plot.setCursor({ left, top: time === null ? -10 : 0 })
    isTold = false
  }
  const resized = new ResizeObserver(() => {
    if (host.clientWidth > 0 && host.clientWidth !== plot.width) {
      plot.setSize({ width: host.clientWidth, height })
    }
  })
  resized.observe(host)
  const stops = [
    cursor.subscribe(follow),
    onThemeChange(() => {
      shown.current = { ...read(), colours: coloursOf(host, read().series) }
      plot.redraw(false, true)
    }),
  ]
  return {
    plot,
    destroy() {
      resized.disconnect()
      for (const stop of stops) stop()
      plot.destroy()
    },
  }
}
