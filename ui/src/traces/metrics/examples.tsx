// Spans that a chart has to look at: as dots on it, and as a list for who does not point.

import { Link } from '@tanstack/react-router'
import type { Exemplar } from '../../api/metrics.ts'
import { paths } from '../../app/paths.ts'
import { stepWords } from '../../charts/axis.ts'
import type { Format, Frame } from '../../charts/series.ts'
import { counted } from '../../ui/format.ts'
import type { Line } from './lines.ts'
import type { Unit } from './shape.ts'
import { placeOf } from './steps.ts'

export interface Dot extends Exemplar {
  id: string
  /** Of its line. */
  label: string
  colour: string
  /** Where it stands on the value axis. */
  height: number
}

/** An exemplar tells how long its span took: on a chart of something else it stands on its line. */
export function dotsOf(lines: readonly Line[], frame: Frame, unit: Unit): Dot[] {
  const dots = lines.flatMap(({ label, colour, exemplars, values }) =>
    exemplars.flatMap((exemplar): Dot[] => {
      const place = placeOf(frame, { time: Math.ceil(exemplar.time / frame.step) * frame.step })
      const onLine = place === null ? null : (values[place] ?? null)
      const height = unit === 'seconds' || unit === 'plain' ? exemplar.value : onLine
      if (height === null || exemplar.time < frame.start || exemplar.time > frame.end) return []
      const id = `${label} ${exemplar.traceId} ${exemplar.spanId ?? ''} ${exemplar.time}`
      return [{ ...exemplar, id, label, colour, height }]
    }),
  )
  // Lines of the same spans, as quantiles are, have the same examples.
  return [...new Map(dots.map(dot => [`${dot.traceId} ${dot.spanId} ${dot.time}`, dot])).values()]
}

export function ExampleLink({ dot, children }: { dot: Exemplar; children: React.ReactNode }) {
  return (
    <Link
      to={paths.trace}
      params={{ traceId: dot.traceId }}
      search={dot.spanId === null ? {} : { span: dot.spanId }}
    >
      {children}
    </Link>
  )
}

interface Props {
  dots: readonly Pick<Dot, 'id' | 'label' | 'traceId' | 'spanId' | 'time' | 'value'>[]
  format: Format
}

export function Examples({ dots, format }: Props) {
  if (dots.length === 0) return null
  const now = Date.now() / 1000
  return (
    <details className="examples">
      <summary>{counted(dots.length, 'example')} as a list</summary>
      <section className="chart__table" aria-label="Examples" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">When</th>
              <th scope="col">Series</th>
              <th scope="col">Value</th>
              <th scope="col">Trace</th>
            </tr>
          </thead>
          <tbody>
            {dots
              .toSorted((a, b) => b.time - a.time)
              .map(dot => (
                <tr key={dot.id}>
                  <th scope="row">{stepWords(dot.time, now)}</th>
                  <td>{dot.label}</td>
                  <td>{format(dot.value)}</td>
                  <td>
                    <ExampleLink dot={dot}>{dot.traceId.slice(0, 12)}…</ExampleLink>
                  </td>
                </tr>
              ))}
          </tbody>
        </table>
      </section>
    </details>
  )
}
