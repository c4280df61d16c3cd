// The heat map of latencies with calls to look at.

import { Link, useNavigate } from '@tanstack/react-router'
import { useMemo } from 'react'
import type { SchemaOutcomeWord, SchemaSignals, SchemaStepExemplar } from '../api/schema.d.ts'
import { paths } from '../app/paths.ts'
import { stepWords } from '../charts/axis.ts'
import { HeatMap } from '../charts/heat-map.tsx'
import { type DotTone, type Heat, type HeatDot, largestCount } from '../charts/heat-scene.ts'
import type { ChartGroup } from '../charts/time-series.tsx'
import { latencyText } from '../graph/signal-text.ts'
import { isError, OUTCOME_WORDS } from '../topology/words.ts'
import { counted } from '../ui/format.ts'
import { Mark, type State } from '../ui/mark.tsx'

interface CallDot extends HeatDot {
  exemplar: SchemaStepExemplar
}

const MARKS: Record<DotTone, State> = { ok: 'ok', aside: 'warn', bad: 'bad' }

function toneOf(outcome: SchemaOutcomeWord): DotTone {
  if (isError(outcome)) return 'bad'
  return outcome === 'http_4xx' ? 'aside' : 'ok'
}

function dotsOf({ exemplars }: SchemaSignals): CallDot[] {
  return exemplars.map(exemplar => ({
    id: `${exemplar.trace_id} ${exemplar.span_id}`,
    time: exemplar.time,
    ms: exemplar.duration_ms,
    tone: toneOf(exemplar.class),
    exemplar,
  }))
}

export function LatencyPicture({ group, signals }: { group: ChartGroup; signals: SchemaSignals }) {
  const navigate = useNavigate()
  const dots = useMemo(() => dotsOf(signals), [signals])
  const heat = useMemo((): Heat => {
    const { bounds_ms, counts } = signals.latency.heatmap
    return { bounds: bounds_ms, counts }
  }, [signals])
  return (
    <HeatMap
      group={group}
      title="Latency of each call"
      note="a colour per bucket, a dot per example"
      heat={heat}
      dots={dots}
      format={latencyText}
      summary={summaryOf(heat, dots)}
      head={<Legend dots={dots} />}
      dotWords={dot => <DotWords exemplar={dot.exemplar} />}
      onDot={({ exemplar }) =>
        void navigate({
          to: paths.trace,
          params: { traceId: exemplar.trace_id },
          search: { span: exemplar.span_id },
        })
      }
      data={() => <Data exemplars={dots.map(dot => dot.exemplar)} />}
    />
  )
}

/** Which latencies there were, and how many calls can be looked at. */
function summaryOf(heat: Heat, dots: readonly CallDot[]): string {
  const { bounds } = heat
  const [fastest, slowest] = [bounds[0], bounds.at(-1)]
  if (fastest === undefined || slowest === undefined || largestCount(heat) === 0) return 'No call was timed.'
  const failed = dots.filter(({ tone }) => tone === 'bad').length
  const examples = dots.length === 0 ? '' : `; ${counted(dots.length, 'example')}, ${failed} of them failed`
  return `The fastest calls took up to ${latencyText(fastest)}, the slowest up to ${latencyText(slowest)}${examples}.`
}

function Legend({ dots }: { dots: readonly CallDot[] }) {
  const words: [DotTone, string][] = [
    ['ok', 'ok'],
    ['aside', 'HTTP 4xx'],
    ['bad', 'failed'],
  ]
  return (
    <ul className="readout">
      <li>
        <span className="muted">few</span> <span className="heat__ramp" aria-hidden="true" />{' '}
        <span className="muted">many</span>
      </li>
      {words
        .filter(([tone]) => dots.some(dot => dot.tone === tone))
        .map(([tone, text]) => (
          <li key={tone} className="heat__key" data-tone={tone}>
            <Mark state={MARKS[tone]} /> <span className="muted">{text}</span>
          </li>
        ))}
    </ul>
  )
}

function DotWords({ exemplar }: { exemplar: SchemaStepExemplar }) {
  return (
    <>
      <span className="mono">{latencyText(exemplar.duration_ms)}</span> {OUTCOME_WORDS[exemplar.class]}
      <br />
      <span className="muted">Click to open the trace</span>
    </>
  )
}

/** What keys reach instead of the dots. */
function Data({ exemplars }: { exemplars: readonly SchemaStepExemplar[] }) {
  if (exemplars.length === 0) return <p className="muted">No call of this time is kept as an example.</p>
  const now = Date.now() / 1000
  return (
    <section className="chart__table" aria-label="Example calls" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">From</th>
            <th scope="col">Took</th>
            <th scope="col">Outcome</th>
            <th scope="col">Trace</th>
          </tr>
        </thead>
        <tbody>
          {exemplars
            .toSorted((a, b) => b.time - a.time)
            .map(exemplar => (
              <tr key={`${exemplar.trace_id}${exemplar.span_id}`}>
                <th scope="row">{stepWords(exemplar.time, now)}</th>
                <td>{latencyText(exemplar.duration_ms)}</td>
                <td>{OUTCOME_WORDS[exemplar.class]}</td>
                <td>
                  <Link
                    to={paths.trace}
                    params={{ traceId: exemplar.trace_id }}
                    search={{ span: exemplar.span_id }}
                  >
                    {exemplar.trace_id.slice(0, 12)}…
                  </Link>
                </td>
              </tr>
            ))}
        </tbody>
      </table>
    </section>
  )
}
