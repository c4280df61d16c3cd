// A page of nothing but charts, as many and as full as the bar for them asks: 12 of 4 series of 720 points.

import { flushSync } from 'react-dom'
import { createRoot } from 'react-dom/client'
import { createCursor } from '../../src/charts/cursor.ts'
import type { Frame, Series } from '../../src/charts/series.ts'
import { type ChartGroup, TimeSeries } from '../../src/charts/time-series.tsx'
import '../../src/styles/base.css'
import '../../src/styles/tokens.css'
import { randomOf } from '../../src/test/random.ts'

declare global {
  interface Window {
    /** Draws all charts with new values; returns after so many milliseconds on the screen. */
    drawCharts: (seed: number) => Promise<number>
  }
}

const CHARTS = 12
const SERIES = ['p50', 'p90', 'p95', 'p99']
const POINTS = 720
const STEP_S = 10
const START = 1_795_000_000
const COLOURS = ['#4aa8ff', '#a78bfa', '#e58add', '#ffb784']

const format = (value: number | null) => (value === null ? '–' : `${value.toPrecision(3)} ms`)
const cursor = createCursor()
const root = createRoot(document.getElementById('root') ?? document.body)

function frameFrom(start: number): Frame {
  const times = Array.from({ length: POINTS }, (_, step) => start + step * STEP_S)
  return { start, end: start + POINTS * STEP_S, step: STEP_S, times }
}

/** Walks at random, with a gap now and then, as series have them. */
function seriesOf(random: () => number): Series[] {
  return SERIES.map((id, place) => {
    let value = 20 * (place + 1)
    const values = Array.from({ length: POINTS }, () => {
      value = Math.max(1, value + (random() - 0.5) * 8)
      return random() < 0.01 ? null : value
    })
    return { id, label: id, colour: COLOURS[place] ?? 'gray', values }
  })
}

function Page({ seed }: { seed: number }) {
  const random = randomOf(seed)
  const group: ChartGroup = {
    frame: frameFrom(START + seed * STEP_S),
    cursor,
    growsFrom: null,
    onZoom: () => undefined,
    onZoomOut: () => undefined,
  }
  return (
    <div style={{ display: 'grid', gridTemplateColumns: 'repeat(3, minmax(0, 1fr))', gap: 12 }}>
      {Array.from({ length: CHARTS }, (_, chart) => (
        <TimeSeries
          // biome-ignore lint/suspicious/noArrayIndexKey: they stay where they are
          key={chart}
          group={group}
          title={`Chart ${chart}`}
          kind="lines"
          series={seriesOf(random)}
          format={format}
          atLeast={1}
        />
      ))}
    </div>
  )
}

const frame = () => new Promise<number>(resolve => requestAnimationFrame(resolve))

window.drawCharts = async seed => {
  const before = performance.now()
  flushSync(() => root.render(<Page seed={seed} />))
  // uPlot draws after the effects, in a microtask; the frame after the next one begins when that is on the screen.
  await frame()
  await frame()
  return performance.now() - before
}
