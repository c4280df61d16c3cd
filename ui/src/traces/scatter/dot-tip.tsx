import { counted, formatClock, formatDuration } from '../../ui/format.ts'
import { ErrorWord } from '../../ui/mark.tsx'
import { milliseconds, nsOfMs, parseMoment } from '../../ui/units.ts'
import { RootName } from '../root-name.tsx'
import type { Dot } from './scale.ts'

interface Props {
  dot: Dot
  x: number
  y: number
  /** Of the picture: near its right edge the tip is on the left. */
  width: number
}

/** Says which trace a dot is. */
export function DotTip({ dot: { trace }, x, y, width }: Props) {
  const startedAt = parseMoment(trace.start_time_unix_nano)
  const isRight = x > width - 320
  return (
    <div
      className="scatter__tip"
      data-side={isRight ? 'left' : 'right'}
      style={{ left: x, top: y }}
      aria-hidden="true"
    >
      <div className="scatter__tip-name">
        <RootName trace={trace} />
      </div>
      <div>
        <span className="mono">{formatDuration(nsOfMs(milliseconds(trace.duration_ms)))}</span>
        {', '}
        {counted(trace.span_count, 'span')}
        {startedAt === null ? null : <span className="mono muted"> {formatClock(startedAt)}</span>}
      </div>
      {trace.error_count === 0 ? null : <ErrorWord>{counted(trace.error_count, 'error')}</ErrorWord>}
    </div>
  )
}
