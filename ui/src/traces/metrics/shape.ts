// What a metrics query is shown as, and what its numbers are.

import { type MetricsPart, metricsIn } from '../traceql/metrics.ts'
import { intrinsicOf } from '../traceql/words.ts'

export type Unit =
  /** Of spans. */
  | 'per second'
  | 'spans'
  | 'seconds'
  /** Whatever an attribute holds, or arithmetic gives. */
  | 'plain'

export interface Shape {
  kind: 'lines' | 'heat' | 'compare'
  unit: Unit
  /** Steps that are asked for, at most. */
  steps: number
  part: MetricsPart
}

const LINE_STEPS = 120
const HEAT_STEPS = 90

/** Null of a query that asks for traces. */
export function shapeOf(query: string): Shape | null {
  const part = metricsIn(query)
  if (part === null) return null
  // Arithmetic gives lines, whatever is calculated with.
  if (part.spans === null) return { kind: 'lines', unit: 'plain', steps: LINE_STEPS, part }
  if (part.name === 'compare') return { kind: 'compare', unit: 'spans', steps: 1, part }
  const unit = unitOf(part)
  if (part.name === 'histogram_over_time') return { kind: 'heat', unit, steps: HEAT_STEPS, part }
  return { kind: 'lines', unit, steps: LINE_STEPS, part }
}

function unitOf({ name, argument }: MetricsPart): Unit {
  if (name === 'rate') return 'per second'
  if (name === 'count_over_time') return 'spans'
  return intrinsicOf(argument)?.type === 'duration' ? 'seconds' : 'plain'
}
