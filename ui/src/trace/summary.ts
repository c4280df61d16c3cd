// What a trace is, in numbers.

import { type ServiceName, sortedServices } from '../ui/service-colour.ts'
import { type Nanoseconds, nanoseconds } from '../ui/units.ts'
import { at, isError, NONE, type Trace } from './columns.ts'

export interface Summary {
  /** The row of the earliest span without a parent, else the first; undefined in a trace without spans. */
  root: number | undefined
  /** Of the rows that are there. */
  services: ServiceSummary[]
  /** Of all spans. */
  errors: number
}

export interface ServiceSummary {
  service: ServiceName
  spans: number
  errors: number
  /** How long its spans worked themselves. */
  self: Nanoseconds
}

export function summaryOf(trace: Trace, self: Float64Array): Summary {
  return { root: rootOf(trace), services: servicesOf(trace, self), errors: trace.errorCount }
}

export function rootOf({ tops, start, rowCount }: Trace): number | undefined {
  const roots = [...tops].filter(([, { reason }]) => reason === 'no_parent').map(([row]) => row)
  const first = roots.toSorted((a, b) => at(start, a) - at(start, b))[0]
  return first ?? (rowCount > 0 ? 0 : undefined)
}

function servicesOf(trace: Trace, self: Float64Array): ServiceSummary[] {
  const byOperation = trace.operations.map(() => ({ spans: 0, errors: 0, self: 0 }))
  for (let row = 0; row < trace.rowCount; row++) {
    const count = byOperation[trace.operation[row] ?? NONE]
    if (count === undefined) continue
    count.spans += 1
    count.errors += isError(trace, row) ? 1 : 0
    count.self += at(self, row)
  }
  const counts = new Map<ServiceName, { spans: number; errors: number; self: number }>()
  byOperation.forEach(({ spans, errors, self }, place) => {
    const service = trace.operations[place]?.service ?? null
    const count = counts.get(service) ?? { spans: 0, errors: 0, self: 0 }
    if (spans > 0)
      counts.set(service, {
        spans: count.spans + spans,
        errors: count.errors + errors,
        self: count.self + self,
      })
  })
  return sortedServices(counts.keys()).map(service => {
    const { spans, errors, self } = counts.get(service) ?? { spans: 0, errors: 0, self: 0 }
    return { service, spans, errors, self: nanoseconds(self) }
  })
}
