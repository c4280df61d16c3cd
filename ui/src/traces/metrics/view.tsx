// Series as a chart: lines, a heat map, or what sets spans apart. Only who asks for one loads this.

import { useMemo, useState } from 'react'
import type { Metrics } from '../../api/metrics.ts'
import { RANGES } from '../../api/time-range.ts'
import { zoomed } from '../../app/move-time.ts'
import { createCursor } from '../../charts/cursor.ts'
import type { ChartGroup } from '../../charts/time-series.tsx'
import { zoomedIn } from '../../services/question.ts'
import { Mark } from '../../ui/mark.tsx'
import { epochMilliseconds } from '../../ui/units.ts'
import { ComparedView } from './compared-view.tsx'
import { HeatView } from './heat-view.tsx'
import { LinesView } from './lines-view.tsx'
import './metrics.css'
import type { MetricsProps } from './result.tsx'
import { frameOf, growsFrom } from './steps.ts'

export interface ViewProps extends MetricsProps {
  metrics: Metrics
}

export interface ChartProps extends ViewProps {
  group: ChartGroup
}

export function MetricsView(props: ViewProps) {
  const group = useGroup(props)
  if (props.metrics.series.every(({ samples }) => samples.length === 0)) return <Nothing {...props} />
  switch (props.shape.kind) {
    case 'lines':
      return <LinesView {...props} group={group} />
    case 'heat':
      return <HeatView {...props} group={group} />
    case 'compare':
      return <ComparedView {...props} />
  }
}

function useGroup({ metrics, question, onRange }: ViewProps): ChartGroup {
  const [cursor] = useState(createCursor)
  const frame = useMemo(() => frameOf(metrics), [metrics])
  // At the moment of the answer: what was growing then has not grown on the screen.
  const grows = useMemo(() => growsFrom(frame, metrics, Date.now() / 1000), [frame, metrics])
  return {
    frame,
    cursor,
    growsFrom: grows,
    onZoom: (start, end) => onRange(zoomedIn(start, end)),
    onZoomOut: () => onRange(zoomed(question.range, 'wider', epochMilliseconds(Date.now()))),
  }
}

function Nothing({ shape: { part }, question, onAsk, onRange }: ViewProps) {
  const { spans } = part
  const wider = zoomed(question.range, 'wider', epochMilliseconds(Date.now()))
  return (
    <section className="message">
      <h2 className="message__title">
        <Mark state="idle" />
        No span in this time has what is asked for
      </h2>
      <p>
        {part.argument === '' || part.name === 'compare'
          ? 'None is found by the filter.'
          : `None is found by the filter, or none that is has ${part.argument}.`}
      </p>
      <div className="message__actions">
        {spans === null ? null : (
          <button type="button" className="button button--main" onClick={() => onAsk(spans)}>
            Search for the spans
          </button>
        )}
        {JSON.stringify(wider) === JSON.stringify(question.range) ? null : (
          <button type="button" className="button" onClick={() => onRange(wider)}>
            {wider.kind === 'relative'
              ? `Look at the ${RANGES[wider.range].words.toLowerCase()}`
              : 'Look at twice the time'}
          </button>
        )}
      </div>
    </section>
  )
}
