// How long calls took, as a picture: the darker, the more. Dots are single calls that lead to their traces.

import { useMemo, useState } from 'react'
import { counted } from '../ui/format.ts'
import { Chart } from './chart.tsx'
import { useCursorTime } from './cursor.ts'
import { cellAt, type Heat, type HeatDot, momentAt, type PlacedDot, placedDots, xOf } from './heat-scene.ts'
import { HeatTip } from './heat-tip.tsx'
import { cursorKeys } from './keys.ts'
import type { Format } from './series.ts'
import { stepAt } from './series.ts'
import { PLOT_HEIGHT, PLOT_INSET } from './sizes.ts'
import type { ChartGroup } from './time-series.tsx'
import { useBrush } from './use-brush.ts'
import { useHeatCanvas } from './use-heat-canvas.ts'

interface Props<Dot extends HeatDot> {
  group: ChartGroup
  title: string
  note?: string
  heat: Heat
  dots: readonly Dot[]
  format: Format
  summary: string
  head: React.ReactNode
  /** What is said of the dot that is pointed at. */
  dotWords: (dot: Dot) => React.ReactNode
  onDot: (dot: Dot) => void
  data: () => React.ReactNode
  height?: number
  /** What is counted: calls, if nothing is said. */
  noun?: string
}

export function HeatMap<Dot extends HeatDot>(props: Props<Dot>) {
  const { group, title, note, heat, dots, format, summary, head, dotWords, onDot, data } = props
  const { height = PLOT_HEIGHT, noun = 'call' } = props
  const { frame, cursor } = group
  const [width, setWidth] = useState(0)
  const [pointed, setPointed] = useState<{ x: number; y: number } | null>(null)
  const area = useMemo(
    () => ({
      left: PLOT_INSET.left,
      top: PLOT_INSET.top,
      width: Math.max(1, width - PLOT_INSET.left - PLOT_INSET.right),
      height: height - PLOT_INSET.top - PLOT_INSET.bottom,
    }),
    [width, height],
  )
  const placed = useMemo(() => placedDots(dots, heat, frame, area), [dots, heat, frame, area])
  const brush = useBrush({
    area,
    placed,
    onPoint: (at, dot) => {
      setPointed(at)
      const moment = at === null ? null : (dot?.time ?? momentAt(frame, at.x, area))
      const step = moment === null ? null : stepAt(frame, moment)
      cursor.point(step === null ? null : (frame.times[step] ?? null))
    },
    onBrush: (from, to) => group.onZoom(momentAt(frame, from, area), momentAt(frame, to, area)),
    onPress: dot => onDot(dot.dot),
  })
  const { lit } = brush
  const canvas = useHeatCanvas(
    { heat, frame, area, dots: placed, lit: lit?.dot.id ?? null, format },
    setWidth,
  )
  return (
    <Chart title={title} {...(note === undefined ? {} : { note })} head={head} summary={summary} data={data}>
      <div
        ref={brush.host}
        className="heat"
        role="img"
        aria-label={`${title}: ${summary}`}
        tabIndex={0}
        style={{ height, cursor: lit === null ? 'crosshair' : 'pointer' }}
        onKeyDown={event => cursorKeys(event, frame, cursor)}
        onBlur={() => cursor.point(null)}
        onDoubleClick={group.onZoomOut}
        {...brush.handlers}
      >
        <canvas ref={canvas} />
        <CursorLine group={group} left={area.left} width={area.width} />
        {brush.selected === null ? null : (
          <span
            className="heat__brush"
            style={{ left: brush.selected.from, width: brush.selected.to - brush.selected.from }}
          />
        )}
        {pointed === null || brush.selected !== null ? null : (
          <HeatTip at={pointed} width={width} height={height}>
            {tipOf({ lit, dotWords, heat, group, pointed, area, format, noun })}
          </HeatTip>
        )}
      </div>
    </Chart>
  )
}

interface TipParts<Dot extends HeatDot> extends Pick<Props<Dot>, 'dotWords' | 'heat' | 'group' | 'format'> {
  lit: PlacedDot<Dot> | null
  pointed: { x: number; y: number }
  area: Parameters<typeof cellAt>[4]
  noun: string
}

function tipOf<Dot extends HeatDot>(parts: TipParts<Dot>) {
  const { lit, dotWords, heat, group, pointed, area, format, noun } = parts
  if (lit !== null) return dotWords(lit.dot)
  const cell = cellAt(heat, group.frame, pointed.x, pointed.y, area)
  if (cell === null) return null
  return `${counted(Math.round(cell.count), noun)} of ${format(cell.from)} to ${format(cell.to)}`
}

function CursorLine({ group, left, width }: { group: ChartGroup; left: number; width: number }) {
  const { frame, cursor } = group
  const time = useCursorTime(cursor)
  if (time === null || stepAt(frame, time) === null) return null
  const x = xOf(frame, time + frame.step / 2, { left, width, top: 0, height: 0 })
  return <span className="heat__cursor" style={{ left: x }} />
}
