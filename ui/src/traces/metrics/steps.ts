// The steps of a chart, and the values of a series in each.

import type { Metrics, Sample, Steps } from '../../api/metrics.ts'
import type { Frame } from '../../charts/series.ts'

/** The server's steps end at whole multiples of their length; a single step is the range itself. */
export function frameOf({ start, end, step }: Steps): Frame {
  const first = Math.floor(start / step) * step
  const count = Math.max(1, Math.ceil((end - first) / step))
  const times = Array.from({ length: count }, (_, place) => first + place * step)
  return { start: first, end: first + count * step, step, times }
}

/** A sample stands at the end of its step. */
export function placeOf({ start, step, times }: Frame, { time }: Pick<Sample, 'time'>): number | null {
  const place = Math.round((time - start) / step) - 1
  return place >= 0 && place < times.length ? place : null
}

export function valuesOf(frame: Frame, samples: readonly Sample[]): (number | null)[] {
  const values = new Array<number | null>(frame.times.length).fill(null)
  for (const sample of samples) {
    const place = placeOf(frame, sample)
    if (place !== null) values[place] = sample.value
  }
  return values
}

/** Spans come some seconds after they ended, those of proxies last. */
const SETTLED_AFTER_S = 20

/** From where on steps may still grow; null for what is past. */
export function growsFrom({ end, step }: Frame, { end: asked }: Metrics, now: number): number | null {
  return asked <= now - SETTLED_AFTER_S - step ? null : Math.min(asked, end) - SETTLED_AFTER_S
}
