// The period before, laid over the one that is shown.

import type { SignalsQuestion } from '../api/queries-services.ts'
import type { SchemaSignals } from '../api/schema.d.ts'
import type { Values } from '../charts/series.ts'
import { epochMilliseconds } from '../ui/units.ts'

/** The question of what was as long before, to the same steps. */
export function earlierQuestion(question: SignalsQuestion, signals: SchemaSignals): SignalsQuestion {
  const [start, end] = [Date.parse(signals.start), Date.parse(signals.end)]
  return {
    service: question.service,
    step: signals.step_s,
    range: { kind: 'absolute', start: epochMilliseconds(2 * start - end), end: epochMilliseconds(start) },
  }
}

/** How the values of an earlier answer stand at the steps of this one. */
export function laidOver(now: SchemaSignals, before: SchemaSignals | null): (values: Values) => Values {
  if (before === null) return () => now.times.map(() => null)
  const shift = (Date.parse(now.end) - Date.parse(now.start)) / 1000
  const placeOf = new Map(before.times.map((time, place) => [time + shift, place]))
  const places = now.times.map(time => placeOf.get(time))
  return values => places.map(place => (place === undefined ? null : (values[place] ?? null)))
}
