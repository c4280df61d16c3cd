// Series over time, by uPlot.

import { useMemo } from 'react'
import { Chart, DataTable, Readout } from './chart.tsx'
import type { Cursor } from './cursor.ts'
import { cursorKeys } from './keys.ts'
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
}

export function TimeSeries({ group, title, note, kind, series, format, atLeast }: Props) {
  const { frame, cursor, growsFrom, onZoom, onZoomOut } = group
  const content = useMemo(
    () => ({ frame, series, kind, format, atLeast, growsFrom }),
    [frame, series, kind, format, atLeast, growsFrom],
  )
  const host = usePlot(content, cursor, PLOT_HEIGHT, { onZoom, onZoomOut })
  const restAt = lastWholeStep(group)
  const summary = seriesSummary(frame, series, format, restAt)
  return (
    <Chart
      title={title}
      {...(note === undefined ? {} : { note })}
      head={<Readout frame={frame} series={series} format={format} cursor={cursor} restAt={restAt} />}
      summary={summary}
      data={() => (
        <DataTable caption={`${title}, step by step`} frame={frame} series={series} format={format} />
      )}
    >
      <div
        ref={host}
        className="chart__plot"
        role="img"
        aria-label={`${title}: ${summary}`}
        tabIndex={0}
        onKeyDown={event => cursorKeys(event, frame, cursor)}
        onBlur={() => cursor.point(null)}
        style={{ height: PLOT_HEIGHT }}
      />
    </Chart>
  )
}

/** The newest step of which nothing is still on its way. */
export function lastWholeStep({ frame, growsFrom }: Pick<ChartGroup, 'frame' | 'growsFrom'>): number {
  const last = frame.times.findLastIndex(time => growsFrom === null || time + frame.step <= growsFrom)
  return last === -1 ? frame.times.length - 1 : last
}
