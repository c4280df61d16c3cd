import { formatDuration } from '../ui/format.ts'
import { ErrorWord } from '../ui/mark.tsx'
import { ServiceText, Swatch } from '../ui/service-label.tsx'
import { nanoseconds } from '../ui/units.ts'
import type { Trace } from './columns.ts'
import { timeOnPath } from './critical.ts'
import type { Reading } from './reading.ts'
import { useDetails } from './said.ts'
import { durationOf, spanAt } from './span.ts'

interface Props {
  reading: Reading
  row: number
  x: number
  y: number
}

/** What the pointer is on. */
export function FlameTip({ reading, row, x, y }: Props) {
  const span = spanAt(reading.trace, row)
  const waited = reading.drawn === null ? 0 : timeOnPath(reading.drawn, row)
  return (
    <div
      className="flame__tip"
      style={{ left: `min(${x + 12}px, calc(100% - 270px))`, top: y + 14 }}
      aria-hidden="true"
    >
      <p className="flame__tip-title">
        <Swatch colour={reading.colouring(row)} />
        <strong className="flame__tip-service">
          <ServiceText service={span.service} />
        </strong>
        {span.name || 'no name'}
      </p>
      <p className="mono">
        {durationOf(span)}, self {formatDuration(nanoseconds(reading.self[row] ?? 0))}, at +
        {formatDuration(span.start)}
      </p>
      {waited > 0 ? <p>On the critical path for {formatDuration(nanoseconds(waited))}</p> : null}
      {span.status === 'error' ? <Message trace={reading.trace} row={row} /> : null}
    </div>
  )
}

/** Why it failed; until that is known, that it did. */
function Message({ trace, row }: { trace: Trace; row: number }) {
  const telling = useDetails(trace, row)
  const message = telling.kind === 'known' ? telling.details.otlp.status?.message : undefined
  return <ErrorWord>{message || 'error'}</ErrorWord>
}
