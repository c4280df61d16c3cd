import { memo } from 'react'
import { formatDuration } from '../ui/format.ts'
import { ticksOf } from './timeline.ts'
import { lengthOf, type Window } from './window.ts'

const TICKS = 5

interface Props {
  window: Window
}

/** Times above the bars. In a part of the trace the first is its place in the whole, the others are from there on. */
export const TimeAxis = memo(function TimeAxis({ window }: Props) {
  const sign = window.from > 0 ? '+' : ''
  return ticksIn(window).map(({ tick, left }) => (
    <span key={tick} className="waterfall__tick" style={{ left }}>
      {tick > 0 ? sign + formatDuration(tick) : window.from > 0 ? formatDuration(window.from) : '0'}
    </span>
  ))
})

/** Their lines behind the bars. */
export const TimeGrid = memo(function TimeGrid({ window }: Props) {
  return (
    <div className="waterfall__gridlines" aria-hidden="true">
      <div className="waterfall__track">
        {ticksIn(window).map(({ tick, left }) => (
          <span key={tick} className="waterfall__gridline" style={{ left }} />
        ))}
      </div>
    </div>
  )
})

function ticksIn(window: Window) {
  const length = lengthOf(window)
  return ticksOf(length, TICKS).map(tick => ({
    tick,
    left: length > 0 ? `${(100 * tick) / length}%` : '0%',
  }))
}
