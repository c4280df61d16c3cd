// Names of lines at their right ends, so that nobody needs colours to tell them apart.

import type uPlot from 'uplot'
import type { Shown } from './plot.ts'
import { lastOf } from './series.ts'

const LINE_HEIGHT = 11
const GAP = 4

/**
 * Heights of labels that should stand at `wanted`, moved apart so that none covers another; all between top and bottom. Of
 * equal ones the later stands higher, as percentiles do.
 */
export function spread(wanted: readonly number[], distance: number, top: number, bottom: number): number[] {
  const order = wanted.map((at, place) => ({ at, place })).sort((a, b) => a.at - b.at || b.place - a.place)
  let from = top
  for (const label of order) {
    label.at = Math.max(label.at, from)
    from = label.at + distance
  }
  let to = bottom
  for (const label of order.toReversed()) {
    label.at = Math.min(label.at, to)
    to = label.at - distance
  }
  return order.toSorted((a, b) => a.place - b.place).map(({ at }) => at)
}

export function drawEndLabels(plot: uPlot, { series, kind, colours }: Shown): void {
  if (kind !== 'lines' || series.length < 2) return
  const { ctx, bbox } = plot
  const ratio = bbox.width / plot.over.clientWidth || 1
  const ended = series.flatMap(one => {
    const last = lastOf(one.values)
    return last === null ? [] : [{ one, at: plot.valToPos(last, 'y', true) }]
  })
  const places = spread(
    ended.map(({ at }) => at),
    LINE_HEIGHT * ratio,
    bbox.top,
    bbox.top + bbox.height,
  )
  ctx.save()
  ctx.font = `${10 * ratio}px Inter, system-ui, sans-serif`
  ctx.textBaseline = 'middle'
  ctx.textAlign = 'left'
  ended.forEach(({ one }, place) => {
    ctx.fillStyle = colours.line[one.id] ?? colours.text
    ctx.fillText(one.endLabel ?? one.label, bbox.left + bbox.width + GAP * ratio, places[place] ?? 0)
  })
  ctx.restore()
}
