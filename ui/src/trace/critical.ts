// The critical path as the API gives it, by the rows of a trace.

import type { SchemaCriticalPath, SchemaServiceTime } from '../api/schema.d.ts'
import { between, epochNanoseconds, type Nanoseconds, nanoseconds } from '../ui/units.ts'
import type { Trace } from './columns.ts'
import { rowOfHalf } from './ids.ts'
import type { Flags } from './sight.ts'

/** A stretch of time in which the trace waited for one span itself. */
export interface Part {
  /** From the start of the trace, by the root's clock. */
  start: Nanoseconds
  duration: Nanoseconds
}

export interface CriticalPath {
  /** By row, in order of time. */
  parts: ReadonlyMap<number, readonly Part[]>
  /** Rows on it. */
  flags: Flags
  /** Of the root. */
  duration: Nanoseconds
  services: SchemaServiceTime[]
  /** Spans that nobody waited for, and those of other trees. */
  leftOut: number
  otherRoots: number
  /** Segments of spans that are not there: they came later, or are a part of a large trace that was not opened. */
  unknown: number
}

export function readPath(data: SchemaCriticalPath, trace: Trace): CriticalPath {
  const parts = new Map<number, Part[]>()
  const flags = new Uint8Array(trace.rowCount)
  const offset = offsetOf(data, trace)
  let unknown = 0
  for (const segment of data.segments) {
    const row = rowOfHalf(trace, segment.span_id, segment.kind)
    if (row === undefined) {
      unknown += 1
      continue
    }
    const part = {
      start: nanoseconds(offset + segment.start_offset_ns),
      duration: nanoseconds(segment.duration_ns),
    }
    const before = parts.get(row)
    if (before === undefined) parts.set(row, [part])
    else before.push(part)
    flags[row] = 1
  }
  return {
    parts,
    flags,
    duration: nanoseconds(data.duration_ns),
    services: data.self_time_by_service,
    leftOut: data.left_out,
    otherRoots: data.other_root_count,
    unknown,
  }
}

/** Where the root starts in the trace. */
function offsetOf(data: SchemaCriticalPath, trace: Trace): number {
  if (trace.startedAt === null) return 0
  return between(trace.startedAt, epochNanoseconds(BigInt(data.start_time_unix_nano)))
}

/** How long the trace waited for a span itself. */
export function timeOnPath(path: CriticalPath, row: number): Nanoseconds {
  const parts = path.parts.get(row) ?? []
  return nanoseconds(parts.reduce((sum, { duration }) => sum + duration, 0))
}
