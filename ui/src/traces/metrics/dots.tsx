// Examples as dots over a plot. Places are shares of the plot, so that no size must be known.

import { Link } from '@tanstack/react-router'
import { paths } from '../../app/paths.ts'
import { stepWords } from '../../charts/axis.ts'
import type { Format, Frame } from '../../charts/series.ts'
import { PLOT_INSET } from '../../charts/sizes.ts'
import type { Dot } from './examples.tsx'

interface Props {
  frame: Frame
  /** End of the value axis. */
  top: number
  dots: readonly Dot[]
  format: Format
}

export function Dots({ frame, top, dots, format }: Props) {
  const { left, right, bottom } = PLOT_INSET
  return (
    // For keys there is the list below.
    <div className="dots" style={{ inset: `${PLOT_INSET.top}px ${right}px ${bottom}px ${left}px` }}>
      {dots.map(dot => (
        <Link
          key={dot.id}
          className="dots__one"
          to={paths.trace}
          params={{ traceId: dot.traceId }}
          search={dot.spanId === null ? {} : { span: dot.spanId }}
          tabIndex={-1}
          aria-label={`Example of ${dot.label}`}
          title={`${dot.label}: ${format(dot.value)} at ${stepWords(dot.time, frame.end)}\nClick to open the trace`}
          style={{
            left: `${share(dot.time - frame.start, frame.end - frame.start) * 100}%`,
            bottom: `${share(dot.height, top) * 100}%`,
            background: dot.colour,
          }}
        />
      ))}
    </div>
  )
}

/** Inside the plot, also where a span took longer than the axis is high. */
const share = (part: number, whole: number) => Math.min(1, Math.max(0, part / whole))
