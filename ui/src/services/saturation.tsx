import { useMemo } from 'react'
import type { SchemaSignals } from '../api/schema.d.ts'
import type { Series } from '../charts/series.ts'
import { PLOT_HEIGHT } from '../charts/sizes.ts'
import { type ChartGroup, TimeSeries } from '../charts/time-series.tsx'
import { shareText } from '../graph/signal-text.ts'
import { Mark } from '../ui/mark.tsx'
import { SERVICE_COLOURS } from '../ui/service-colour.ts'

/** How full what the service runs on is; as long as nothing tells, what would. */
export function Saturation({ group, signals }: { group: ChartGroup; signals: SchemaSignals }) {
  const series = useMemo(() => saturationSeries(signals), [signals])
  if (series.length === 0) return <NoSaturation />
  return (
    <TimeSeries
      group={group}
      title="Saturation"
      kind="lines"
      series={series}
      format={shareText}
      atLeast={1}
    />
  )
}

function saturationSeries({ saturation }: SchemaSignals): Series[] {
  return saturation.map(({ name, values }, place) => {
    const { light, dark } = SERVICE_COLOURS[place % SERVICE_COLOURS.length] ?? { light: 'gray', dark: 'gray' }
    return { id: name, label: name, colour: `light-dark(${light}, ${dark})`, values }
  })
}

function NoSaturation() {
  return (
    <section className="chart" aria-labelledby="saturation">
      <div className="chart__head">
        <h3 id="saturation">Saturation</h3>
      </div>
      <div className="saturation__none" style={{ minHeight: PLOT_HEIGHT }}>
        <p>
          <Mark state="idle" /> Nothing tells how full it is.
        </p>
        <p className="muted">
          CPU, memory, queue lengths and requests in flight come from metrics, and this server has none of
          this service: this version takes in traces only, so there is nothing to configure yet. Where
          something fills up, the latency beside this rises first.
        </p>
      </div>
    </section>
  )
}
