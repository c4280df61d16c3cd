// Series as lines, with a legend that tells their values and chooses among them.

import { useMemo } from 'react'
import { LARGE_PLOT_HEIGHT } from '../../charts/sizes.ts'
import { lastWholeStep, TimeSeries } from '../../charts/time-series.tsx'
import { Dots } from './dots.tsx'
import { dotsOf, Examples } from './examples.tsx'
import { Legend } from './legend.tsx'
import { linesOf } from './lines.ts'
import { formatOf } from './number.ts'
import { shownIn, textOfShown } from './shown.ts'
import type { ChartProps } from './view.tsx'
import { linesSummary, stepNote, titleOf } from './words.ts'

export function LinesView({ metrics, shape, group, search, question, onChange }: ChartProps) {
  const { frame } = group
  const lines = useMemo(() => linesOf(metrics, frame), [metrics, frame])
  const shown = useMemo(() => shownIn(search.series, lines), [search.series, lines])
  const drawn = useMemo(() => lines.filter(({ id }) => shown.has(id)), [lines, shown])
  const format = useMemo(() => formatOf(shape.unit), [shape.unit])
  const dots = useMemo(() => dotsOf(drawn, frame, shape.unit), [drawn, frame, shape.unit])
  const choose = (next: ReadonlySet<string>) => onChange({ series: textOfShown(next, lines) })
  return (
    <>
      <TimeSeries
        group={group}
        title={titleOf(shape)}
        note={stepNote(frame)}
        kind={drawn.length === 1 ? 'area' : 'lines'}
        series={drawn}
        format={format}
        atLeast={0}
        height={LARGE_PLOT_HEIGHT}
        head={null}
        summary={linesSummary(frame, drawn, format, lastWholeStep(group))}
        over={top => <Dots frame={frame} top={top} dots={dots} format={format} />}
      />
      <Legend
        lines={lines}
        shown={shown}
        group={group}
        format={format}
        part={shape.part}
        range={question.range}
        onChoose={choose}
      />
      <Examples dots={dots} format={format} />
    </>
  )
}
