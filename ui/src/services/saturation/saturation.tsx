// How full what the service runs on is: its ratios as lines, and all that tells of it as a table, the worst first.

import { useMemo } from 'react'
import type { SchemaSignals } from '../../api/schema.d.ts'
import { type ChartGroup, TimeSeries } from '../../charts/time-series.tsx'
import { shareText } from '../../graph/signal-text.ts'
import { linesOf } from './lines.ts'
import { NoSaturation } from './none.tsx'
import './saturation.css'
import { SaturationTable } from './table.tsx'

export function Saturation({ group, signals }: { group: ChartGroup; signals: SchemaSignals }) {
  const { saturation } = signals
  const { drawn, count } = useMemo(() => linesOf(saturation), [saturation])
  if (saturation.length === 0) return <NoSaturation />
  const note = count > drawn.length ? `the worst ${drawn.length} of ${count}` : 'parts of a limit or a whole'
  return (
    <>
      {drawn.length === 0 ? null : (
        <TimeSeries
          group={group}
          title="Saturation"
          note={note}
          kind="lines"
          series={drawn}
          format={shareText}
          atLeast={1}
        />
      )}
      <SaturationTable items={saturation} lines={drawn} />
    </>
  )
}
