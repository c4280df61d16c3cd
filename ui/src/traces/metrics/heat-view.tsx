// Histograms over time as heat maps, one for each group.

import { useNavigate } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { paths } from '../../app/paths.ts'
import { HeatMap } from '../../charts/heat-map.tsx'
import type { HeatDot } from '../../charts/heat-scene.ts'
import type { Format } from '../../charts/series.ts'
import { LARGE_PLOT_HEIGHT, PLOT_HEIGHT } from '../../charts/sizes.ts'
import { latencyText } from '../../graph/signal-text.ts'
import { counted, formatCount } from '../../ui/format.ts'
import { type Dot, Examples } from './examples.tsx'
import { type HeatGroup, heatsOf } from './heat.ts'
import { formatOf } from './number.ts'
import type { ChartProps } from './view.tsx'
import { stepNote, titleOf } from './words.ts'

/** Each is a picture; more for who asks. */
const SHOWN_MAX = 6
const MS_PER_S = 1000

interface SpanDot extends HeatDot {
  example: Pick<Dot, 'id' | 'label' | 'traceId' | 'spanId' | 'time' | 'value'>
}

export function HeatView(props: ChartProps) {
  const { metrics, shape, group } = props
  const isTime = shape.unit === 'seconds'
  const factor = isTime ? MS_PER_S : 1
  const heats = useMemo(() => heatsOf(metrics, group.frame, factor), [metrics, group.frame, factor])
  const [isWhole, setWhole] = useState(false)
  const shown = isWhole ? heats : heats.slice(0, SHOWN_MAX)
  const format = isTime ? latencyText : formatOf(shape.unit)
  return (
    <>
      <div className="heats">
        {shown.map(one => (
          <OneHeat
            key={one.name}
            {...props}
            one={one}
            factor={factor}
            format={format}
            isOnly={heats.length === 1}
          />
        ))}
      </div>
      {heats.length <= SHOWN_MAX ? null : (
        <p>
          <button type="button" className="link-button" onClick={() => setWhole(!isWhole)}>
            {isWhole ? 'Show fewer' : `Show ${formatCount(heats.length - SHOWN_MAX)} more`}
          </button>
        </p>
      )}
    </>
  )
}

interface OneProps extends ChartProps {
  one: HeatGroup
  factor: number
  format: Format
  isOnly: boolean
}

function OneHeat({ one, factor, format, isOnly, group, shape }: OneProps) {
  const navigate = useNavigate()
  const dots = useMemo(() => dotsIn(one, group.frame.step, factor), [one, group.frame.step, factor])
  const title = one.name === '' ? titleOf(shape) : one.name
  return (
    <HeatMap
      group={group}
      title={title}
      note={`${stepNote(group.frame)}, a dot per example`}
      heat={one.heat}
      dots={dots}
      format={format}
      noun="span"
      height={isOnly ? LARGE_PLOT_HEIGHT : PLOT_HEIGHT}
      summary={summaryOf(one, format)}
      head={<Ramp />}
      dotWords={dot => (
        <>
          <span className="mono">{format(dot.ms)}</span>
          <br />
          <span className="muted">Click to open the trace</span>
        </>
      )}
      onDot={({ example: { traceId, spanId } }) =>
        void navigate({
          to: paths.trace,
          params: { traceId },
          search: spanId === null ? {} : { span: spanId },
        })
      }
      data={() => <HeatData one={one} dots={dots} factor={factor} format={format} />}
    />
  )
}

function dotsIn({ name, exemplars }: HeatGroup, step: number, factor: number): SpanDot[] {
  return exemplars.map((exemplar): SpanDot => {
    const id = `${exemplar.traceId} ${exemplar.spanId ?? ''} ${exemplar.time}`
    return {
      id,
      time: Math.ceil(exemplar.time / step) * step - step,
      ms: exemplar.value * factor,
      tone: 'ok',
      example: { ...exemplar, id, label: name },
    }
  })
}

function summaryOf({ heat: { bounds }, count }: HeatGroup, format: Format): string {
  const [lowest, highest] = [bounds[0] ?? null, bounds.at(-1) ?? null]
  return `${counted(Math.round(count), 'span')}: the lowest up to ${format(lowest)}, the highest up to ${format(highest)}.`
}

function Ramp() {
  return (
    <ul className="readout">
      <li>
        <span className="muted">few</span> <span className="heat__ramp" aria-hidden="true" />{' '}
        <span className="muted">many</span>
      </li>
    </ul>
  )
}

interface DataProps {
  one: HeatGroup
  dots: readonly SpanDot[]
  factor: number
  format: Format
}

/** The spans of each row, in all steps together. */
function HeatData({ one: { heat }, dots, factor, format }: DataProps) {
  const sums = heat.bounds.map((_, row) => heat.counts.reduce((sum, column) => sum + (column[row] ?? 0), 0))
  return (
    <>
      <section className="chart__table" aria-label="Spans by value" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">Up to</th>
              <th scope="col">Spans</th>
            </tr>
          </thead>
          <tbody>
            {heat.bounds
              .map((bound, row) => (
                <tr key={bound}>
                  <th scope="row">{format(bound)}</th>
                  <td>{formatCount(Math.round(sums[row] ?? 0))}</td>
                </tr>
              ))
              .reverse()}
          </tbody>
        </table>
      </section>
      <Examples
        dots={dots.map(({ example }) => example)}
        format={value => format(value === null ? null : value * factor)}
      />
    </>
  )
}
