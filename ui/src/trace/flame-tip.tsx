import { formatDuration } from '../ui/format.ts'
import { ErrorWord } from '../ui/mark.tsx'
import { ServiceText, Swatch } from '../ui/service-label.tsx'
import { nanoseconds } from '../ui/units.ts'
import { timeOnPath } from './critical.ts'
import type { Reading } from './reading.ts'
import { durationOf } from './span.ts'

interface Props {
  reading: Reading
  place: number
  x: number
  y: number
}

/** What the pointer is on. */
export function FlameTip({ reading, place, x, y }: Props) {
  const node = reading.tree.nodes[place]
  if (node === undefined) return null
  const { span } = node
  const waited = reading.drawn === null ? 0 : timeOnPath(reading.drawn, place)
  return (
    <div
      className="flame__tip"
      style={{ left: `min(${x + 12}px, calc(100% - 270px))`, top: y + 14 }}
      aria-hidden="true"
    >
      <p className="flame__tip-title">
        <Swatch colour={reading.colouring(span)} />
        <strong className="flame__tip-service">
          <ServiceText service={span.service} />
        </strong>
        {span.name || 'no name'}
      </p>
      <p className="mono">
        {durationOf(span)}, self {formatDuration(nanoseconds(reading.self[place] ?? 0))}, at +
        {formatDuration(span.start)}
      </p>
      {waited > 0 ? <p>On the critical path for {formatDuration(nanoseconds(waited))}</p> : null}
      {span.status === 'error' ? <ErrorWord>{span.otlp.status?.message || 'error'}</ErrorWord> : null}
    </div>
  )
}
