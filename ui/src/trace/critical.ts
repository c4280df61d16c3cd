// The critical path as the API gives it, by the places of a tree.

import type { SchemaCriticalPath, SchemaServiceTime } from '../api/schema.d.ts'
import { between, epochNanoseconds, type Nanoseconds, nanoseconds } from '../ui/units.ts'
import type { Flags } from './sight.ts'
import type { SpanKind, Trace } from './span.ts'
import type { Tree } from './tree.ts'

/** A stretch of time in which the trace waited for one span itself. */
export interface Part {
  /** From the start of the trace, by the root's clock. */
  start: Nanoseconds
  duration: Nanoseconds
}

export interface CriticalPath {
  /** By place, in order of time. */
  parts: ReadonlyMap<number, readonly Part[]>
  /** Places on it. */
  flags: Flags
  /** Of the root. */
  duration: Nanoseconds
  services: SchemaServiceTime[]
  /** Spans that nobody waited for, and those of other trees. */
  leftOut: number
  otherRoots: number
  /** Segments of spans that are not in the tree: they came after it was asked for. */
  unknown: number
}

const KINDS: readonly SpanKind[] = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer']

export function readPath(data: SchemaCriticalPath, trace: Trace, tree: Tree): CriticalPath {
  const parts = new Map<number, Part[]>()
  const flags = new Uint8Array(tree.nodes.length)
  const placeOf = placesByHalf(tree)
  const offset = offsetOf(data, trace)
  let unknown = 0
  for (const segment of data.segments) {
    const place = placeOf(segment.span_id, segment.kind)
    if (place === undefined) {
      unknown += 1
      continue
    }
    const part = {
      start: nanoseconds(offset + segment.start_offset_ns),
      duration: nanoseconds(segment.duration_ns),
    }
    const before = parts.get(place)
    if (before === undefined) parts.set(place, [part])
    else before.push(part)
    flags[place] = 1
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

/** Several spans may have one id; their kind tells them apart. */
export function placesByHalf(tree: Tree): (spanId: string, kind: number) => number | undefined {
  const places = new Map<string, number>()
  tree.nodes.forEach(({ span }, place) => {
    const half = `${span.spanId} ${span.kind}`
    if (!places.has(half)) places.set(half, place)
  })
  return (spanId, kind) => places.get(`${spanId} ${KINDS[kind] ?? 'unspecified'}`) ?? tree.places.get(spanId)
}

/** How long the trace waited for a span itself. */
export function timeOnPath(path: CriticalPath, place: number): Nanoseconds {
  const parts = path.parts.get(place) ?? []
  return nanoseconds(parts.reduce((sum, { duration }) => sum + duration, 0))
}
