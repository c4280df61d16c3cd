// How uPlot is told what to draw. It draws and measures; the cursor, colours and words are ours, so that charts that are
// not its own can share them.

import uPlot from 'uplot'
import { tickWords } from './axis.ts'
import type { ChartColour } from './colours.ts'
import { drawEndLabels } from './end-labels.ts'
import {
  type Format,
  type Frame,
  largestOf,
  roundAbove,
  type Series,
  stacked,
  type Values,
} from './series.ts'
import { PLOT_INSET, TICK_SPACE } from './sizes.ts'

const HAIR = 1
const LINE = 1.6
const DASH = [4, 3]
const BAR_PART = 0.8
const BAR_WIDTH_MAX = 40
const DOT = 4

export type Kind = 'lines' | 'area' | 'bars'

/** What a chart shows now; uPlot asks for it whenever it draws. */
export interface Shown {
  frame: Frame
  series: readonly Series[]
  kind: Kind
  format: Format
  /** The axis reaches at least so far, so that next to nothing does not look like much. */
  atLeast: number
  /** From here on steps still grow; null where all are complete. */
  growsFrom: number | null
  colours: Record<ChartColour, string> & { line: Record<string, string>; area: Record<string, string> }
}

/** What people do with a plot. */
export interface PlotEvents {
  onPoint: (time: number | null) => void
  onZoom: (start: number, end: number) => void
  onZoomOut: () => void
}

/** Series as uPlot takes them: the moments, then the values of each, then those of the earlier time. */
export function plotData(shown: Pick<Shown, 'frame' | 'series' | 'kind'>): uPlot.AlignedData {
  const { frame, series } = shown
  const middles = frame.times.map(time => time + frame.step / 2)
  const before = series.map(one => one.before ?? [])
  const drawn = drawnOf(shown).map(({ values }) => values)
  return [middles, ...drawn, ...before].map(list => padded(list, middles.length)) as uPlot.AlignedData
}

interface Drawn {
  id: string
  isBar: boolean
  values: Values
}

/** Bars that stand on one another are drawn from the highest sum down, so that each covers the lower part of the one before. */
export function drawnOf({ series, kind }: Pick<Shown, 'series' | 'kind'>): Drawn[] {
  const bars = kind === 'bars' ? series.filter(one => one.isApart !== true) : []
  const sums = stacked(bars.map(({ values }) => values))
  const stack = bars.map(({ id }, place): Drawn => ({ id, isBar: true, values: sums[place] ?? [] }))
  const lines = series.filter(one => !bars.includes(one))
  return [...stack.reverse(), ...lines.map(({ id, values }): Drawn => ({ id, isBar: false, values }))]
}

function padded(values: Values, length: number): (number | null)[] {
  return Array.from({ length }, (_, step) => values[step] ?? null)
}

/** The top of the value axis. */
export function topOf({ series, kind, atLeast }: Pick<Shown, 'series' | 'kind' | 'atLeast'>): number {
  const drawn = drawnOf({ series, kind }).map(({ values }) => values)
  const before = series.map(one => one.before ?? [])
  const largest = [...drawn, ...before].map(largestOf).filter(value => value !== null)
  return roundAbove(Math.max(atLeast, ...largest))
}

/** Places of values without a neighbour, which a line alone would not show. */
export function lonely(values: Values): number[] {
  return values.flatMap((value, place) =>
    value !== null && (values[place - 1] ?? null) === null && (values[place + 1] ?? null) === null
      ? [place]
      : [],
  )
}

/** Options of a plot that reads what it shows from `shown`. Whether there are other series needs another plot. */
export function plotOptions(
  shown: () => Shown,
  size: { width: number; height: number },
  events: PlotEvents,
): uPlot.Options {
  const { series } = shown()
  return {
    ...size,
    padding: [PLOT_INSET.top, PLOT_INSET.right, 0, 0],
    legend: { show: false },
    scales: {
      x: { time: true, range: () => [shown().frame.start, shown().frame.end] },
      y: { range: () => [0, topOf(shown())] },
    },
    axes: axesOf(shown),
    series: [{}, ...seriesOf(shown), ...series.map((_, place) => earlierOf(shown, place))],
    cursor: cursorOf(events),
    hooks: {
      drawClear: [plot => drawGrowing(plot, shown())],
      draw: [plot => drawEndLabels(plot, shown())],
      setCursor: [plot => events.onPoint(timeAt(plot, shown().frame))],
      setSelect: [plot => zoomTo(plot, events)],
    },
  }
}

function axesOf(shown: () => Shown): uPlot.Axis[] {
  const common = {
    stroke: () => shown().colours.muted,
    font: '11px Inter, system-ui, sans-serif',
    ticks: { show: false },
    gap: 6,
  }
  return [
    {
      ...common,
      size: PLOT_INSET.bottom,
      space: TICK_SPACE,
      grid: { show: false },
      values: (_, moments, __, ___, distance) => moments.map(moment => tickWords(moment, distance)),
    },
    {
      ...common,
      size: PLOT_INSET.left,
      space: 30,
      grid: { stroke: () => shown().colours.grid, width: HAIR },
      values: (_, values) => values.map(value => (value === 0 ? '0' : shown().format(value))),
    },
  ]
}

function seriesOf(shown: () => Shown): uPlot.Series[] {
  return drawnOf(shown()).map(({ id, isBar }) => {
    const colour = () => shown().colours.line[id] ?? 'gray'
    if (isBar) return { ...barsOf(), fill: colour, width: 0, points: { show: false } }
    const line = { stroke: colour, width: LINE, spanGaps: false, points: pointsOf(colour) }
    return shown().kind === 'area' ? { ...line, fill: () => shown().colours.area[id] ?? 'gray' } : line
  })
}

function barsOf(): uPlot.Series {
  const paths = uPlot.paths.bars?.({ size: [BAR_PART, BAR_WIDTH_MAX], align: 0 })
  return paths === undefined ? {} : { paths }
}

function pointsOf(fill: () => string): uPlot.Series.Points {
  return {
    show: false,
    size: DOT,
    fill,
    filter: (plot, place) => lonely((plot.data[place] ?? []) as Values),
  }
}

function earlierOf(shown: () => Shown, place: number): uPlot.Series {
  return {
    stroke: () => shown().colours.line[shown().series[place]?.id ?? ''] ?? 'gray',
    width: HAIR,
    dash: DASH,
    alpha: 0.75,
    points: { show: false },
  }
}

function cursorOf({ onZoomOut }: PlotEvents): uPlot.Cursor {
  return {
    y: false,
    points: { show: false },
    drag: { x: true, y: false, setScale: false, dist: 6 },
    bind: {
      dblclick: () => () => {
        onZoomOut()
        return null
      },
    },
  }
}

function timeAt(plot: uPlot, { times }: Frame): number | null {
  const { left, idx } = plot.cursor
  if (left == null || left < 0 || idx == null) return null
  return times[idx] ?? null
}

function zoomTo(plot: uPlot, { onZoom }: PlotEvents): void {
  const { left, width } = plot.select
  if (width <= 0) return
  onZoom(plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x'))
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
}

/** What is still coming lies in a shade: the last steps are low because they are not over. */
function drawGrowing(plot: uPlot, { growsFrom, frame, colours }: Shown): void {
  if (growsFrom === null || growsFrom >= frame.end) return
  const left = Math.max(plot.bbox.left, plot.valToPos(growsFrom, 'x', true))
  plot.ctx.save()
  plot.ctx.fillStyle = colours.provisional
  plot.ctx.fillRect(left, plot.bbox.top, plot.bbox.left + plot.bbox.width - left, plot.bbox.height)
  plot.ctx.restore()
}
