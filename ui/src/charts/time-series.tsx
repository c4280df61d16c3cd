// Series over time, by uPlot.

import { useMemo } from 'react'
import { Chart, DataTable, Readout } from './chart.tsx'
import type { Cursor } from './cursor.ts'
import { cursorKeys } from './keys.ts'
import { topOf } from './plot.ts'
import type { Format, Frame, Series } from './series.ts'
import { PLOT_HEIGHT } from './sizes.ts'
import { seriesSummary } from './summary.ts'
import { type Content, usePlot } from './use-plot.ts'

/** What all charts of a page share. */
export interface ChartGroup {
  frame: Frame
  cursor: Cursor
  /** From here on steps still grow; null where all are complete. */
  growsFrom: number | null
  onZoom: (start: number, end: number) => void
  onZoomOut: () => void
}

interface Props {
  group: ChartGroup
  title: string
  note?: string
  kind: Content['kind']
  series: readonly Series[]
  format: Format
  atLeast: number
  height?: number
  /** In the place of the legend with its values. */
  head?: React.ReactNode
  /** In the place of a sentence about each series. */
  summary?: string
  /** Lies over the plot, whose value axis ends at `top`. */
  over?: (top: number) => React.ReactNode
}

export function TimeSeries(props: Props) {
  const { group, title, note, kind, series, format, atLeast, height = PLOT_HEIGHT, over } = props
  const { frame, cursor, growsFrom, onZoom, onZoomOut } = group
  const content = useMemo(
    () => ({ frame, series, kind, format, atLeast, growsFrom }),
    [frame, series, kind, format, atLeast, growsFrom],
  )
  const host = usePlot(content, cursor, height, { onZoom, onZoomOut })
  const restAt = lastWholeStep(group)
  const summary = props.summary ?? seriesSummary(frame, series, format, restAt)
  const legend = <Readout frame={frame} series={series} format={format} cursor={cursor} restAt={restAt} />
  return (
    <Chart
      title={title}
      {...(note === undefined ? {} : { note })}
      head={props.head === undefined ? legend : props.head}
      summary={summary}
      data={() => (
        <DataTable caption={`${title}, step by step`} frame={frame} series={series} format={format} />
      )}
    >
      <div className="chart__area" style={{ height }}>
        <div
          ref={host}
          className="chart__plot"
          role="img"
          aria-label={`${title}: ${summary}`}
          tabIndex={0}
          onKeyDown={event => cursorKeys(event, frame, cursor)}
          onBlur={() => cursor.point(null)}
          style={{ height }}
        />
        {over?.(topOf(content))}
      </div>
    </Chart>
  )
}

/** The newest step of which nothing is still on its way. */
export function lastWholeStep({ frame, growsFrom }: Pick<ChartGroup, 'frame' | 'growsFrom'>): number {
  const last = frame.times.findLastIndex(time => growsFrom === null || time + frame.step <= growsFrom)
  return last === -1 ? frame.times.length - 1 : last
}
