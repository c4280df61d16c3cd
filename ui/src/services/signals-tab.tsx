// The four golden signals as charts of one cursor, and beside them where the service stands and what failed lately.

import { useMemo, useState } from 'react'
import type { Tenant } from '../api/queries.ts'
import type { SignalsQuestion } from '../api/queries-services.ts'
import type { Refresh } from '../api/refresh.ts'
import type { SchemaGraph, SchemaNodeItem, SchemaSignals } from '../api/schema.d.ts'
import { createCursor } from '../charts/cursor.ts'
import { type ChartGroup, TimeSeries } from '../charts/time-series.tsx'
import { amountText, latencyText, rateText, shareText } from '../graph/signal-text.ts'
import { formatAge } from '../ui/format.ts'
import { milliseconds } from '../ui/units.ts'
import { ErrorTraces } from './error-traces.tsx'
import { LatencyPicture } from './latency-picture.tsx'
import type { Actions } from './page.tsx'
import { Saturation } from './saturation/saturation.tsx'
import {
  type Earlier,
  errorClassSeries,
  errorRateSeries,
  frameOf,
  growsFrom,
  latencySeries,
  trafficSeries,
} from './series.ts'
import { SmallMap } from './small-map.tsx'

export interface TabProps {
  tenant: Tenant
  question: SignalsQuestion
  refresh: Refresh
  actions: Actions
}

interface Props extends TabProps {
  node: SchemaNodeItem | null
  graph: SchemaGraph | null
  signals: SchemaSignals
  earlier: Earlier | undefined
}

export function SignalsTab({ tenant, question, refresh, actions, node, graph, signals, earlier }: Props) {
  const group = useGroup(signals, actions)
  return (
    <div className="signals">
      <Charts signals={signals} earlier={earlier} group={group} />
      <aside className="signals__aside" aria-label="Around it">
        <SmallMap graph={graph} id={signals.id} range={question.range} />
        <ErrorTraces node={node} tenant={tenant} question={question} refresh={refresh} />
      </aside>
    </div>
  )
}

function useGroup(signals: SchemaSignals, actions: Actions): ChartGroup {
  const [cursor] = useState(createCursor)
  const frame = useMemo(() => frameOf(signals), [signals])
  const grows = useMemo(
    // At the moment of the answer: what was growing then has not grown on the screen.
    () => growsFrom(frame, Date.now() / 1000),
    [frame],
  )
  return { frame, cursor, growsFrom: grows, onZoom: actions.zoomIn, onZoomOut: actions.zoomOut }
}

interface ChartsProps {
  signals: SchemaSignals
  earlier: Earlier | undefined
  group: ChartGroup
}

function Charts({ signals, earlier, group }: ChartsProps) {
  const latency = useMemo(() => latencySeries(signals, earlier), [signals, earlier])
  const traffic = useMemo(() => trafficSeries(signals, earlier), [signals, earlier])
  const failed = useMemo(() => errorRateSeries(signals, earlier), [signals, earlier])
  const classes = useMemo(() => errorClassSeries(signals), [signals])
  const step = formatAge(milliseconds(signals.step_s * 1000))
  return (
    <section className="charts-grid" aria-label="Golden signals">
      <TimeSeries
        group={group}
        title="Latency"
        note="percentiles"
        kind="lines"
        series={latency}
        format={latencyText}
        atLeast={1}
      />
      <LatencyPicture group={group} signals={signals} />
      <TimeSeries
        group={group}
        title="Traffic"
        note={`in steps of ${step}`}
        kind="area"
        series={traffic}
        format={rateText}
        atLeast={0.1}
      />
      <TimeSeries
        group={group}
        title="Error rate"
        note="of requests"
        kind="area"
        series={failed}
        format={shareText}
        atLeast={0.05}
      />
      <TimeSeries
        group={group}
        title="Errors by class"
        note={`per step of ${step}`}
        kind="bars"
        series={classes}
        format={amountText}
        atLeast={4}
      />
      <Saturation group={group} signals={signals} />
    </section>
  )
}
