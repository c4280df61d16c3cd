// One span as it is drawn, read from the columns of its trace when it is.

import { ROW_FLAGS } from '../api/trace-columns.ts'
import { formatDuration } from '../ui/format.ts'
import type { ServiceName } from '../ui/service-colour.ts'
import { type Nanoseconds, nanoseconds } from '../ui/units.ts'
import { at, operationAt, type Trace } from './columns.ts'
import { keyAt, spanIdAt } from './ids.ts'

export type SpanKind = 'unspecified' | 'internal' | 'server' | 'client' | 'producer' | 'consumer'
export type SpanStatus = 'unset' | 'ok' | 'error'

/** By OTLP's numbers. */
const KINDS: readonly SpanKind[] = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer']

export const CLIENT = 3
export const SERVER = 2
export const CONSUMER = 5

export const kindOf = (number: number): SpanKind => KINDS[number] ?? 'unspecified'

/** What is wrong with the times of a span by itself. */
export type TimeOddity = 'no start' | 'no end' | 'ends before it starts'

export interface Span {
  /** Unique in the trace: the span id, with a number behind it where several spans have that id. */
  key: string
  spanId: string
  service: ServiceName
  name: string
  kind: SpanKind
  status: SpanStatus
  /** From the start of the trace; 0 if the span has no start. */
  start: Nanoseconds
  /** Never negative. */
  duration: Nanoseconds
  oddity: TimeOddity | null
}

export function spanAt(trace: Trace, row: number): Span {
  const operation = operationAt(trace, row)
  return {
    key: keyAt(trace, row),
    spanId: spanIdAt(trace, row),
    service: operation?.service ?? null,
    name: operation?.name ?? '',
    kind: kindOf(operation?.kind ?? 0),
    status: statusAt(trace, row),
    start: nanoseconds(at(trace.start, row)),
    duration: nanoseconds(at(trace.duration, row)),
    oddity: oddityAt(trace, row),
  }
}

export const serviceAt = (trace: Trace, row: number): ServiceName => operationAt(trace, row)?.service ?? null

export function statusAt({ flags }: Trace, row: number): SpanStatus {
  const flag = at(flags, row)
  if ((flag & ROW_FLAGS.error) !== 0) return 'error'
  return (flag & ROW_FLAGS.ok) !== 0 ? 'ok' : 'unset'
}

export function oddityAt({ flags }: Trace, row: number): TimeOddity | null {
  const flag = at(flags, row)
  if ((flag & ROW_FLAGS.noStart) !== 0) return 'no start'
  if ((flag & ROW_FLAGS.noEnd) !== 0) return 'no end'
  return (flag & ROW_FLAGS.endsBeforeItStarts) !== 0 ? 'ends before it starts' : null
}

/** How long it took, in words. */
export function durationOf({ oddity, duration }: Pick<Span, 'oddity' | 'duration'>): string {
  return oddity === null ? formatDuration(duration) : 'not known'
}
