// A search as it stands: what was found, how far it has come. Pure.

import { type EpochMilliseconds, type Milliseconds, parseMoment, type Ratio, ratio } from '../ui/units.ts'
import type { SchemaTraceItem } from './schema.d.ts'
import type { Inspected, SearchLine } from './search-stream.ts'

export interface Search {
  state:
    | 'running'
    | 'done'
    /** By who asked. */
    | 'stopped'
  /** The newest that were found, newest first. */
  traces: SchemaTraceItem[]
  /** How far back the search has come; null if the server does not tell. */
  searchedFrom: EpochMilliseconds | null
  progress: Ratio | null
  inspected: Inspected | null
  /** Why there may be more than was found; null if there is not. */
  partial: string | null
  took: Milliseconds
}

export const NOTHING_YET: Omit<Search, 'took'> = {
  state: 'running',
  traces: [],
  searchedFrom: null,
  progress: null,
  inspected: null,
  partial: null,
}

/** Where a search begins, at the newest end, and how many traces it keeps. */
export interface Bounds {
  end: EpochMilliseconds
  limit: number
}

/** The search after a piece of its answer more. */
export function withLine(
  search: Search,
  line: SearchLine,
  { end, limit }: Bounds,
  took: Milliseconds,
): Search {
  const from = parseMoment(line.searched_from)
  const searchedFrom = from === null ? search.searchedFrom : (Number(from / 1_000_000n) as EpochMilliseconds)
  return {
    state: line.done === true ? 'done' : 'running',
    traces: newest([...search.traces, ...line.traces], limit),
    searchedFrom,
    progress: line.done === true ? ratio(1) : progressOf(line, end, search.progress),
    inspected: line.inspected ?? search.inspected,
    partial: line.partial ?? search.partial,
    took,
  }
}

function progressOf(line: SearchLine, end: EpochMilliseconds, before: Ratio | null): Ratio | null {
  const [from, start] = [parseMoment(line.searched_from), parseMoment(line.range_start)]
  if (from === null || start === null) return before
  const endNs = BigInt(end) * 1_000_000n
  if (endNs <= start) return ratio(1)
  return ratio(Number(endNs - from) / Number(endNs - start))
}

/** The newest of these, each once, newest first; of a trace that came again the later state. */
export function newest(traces: readonly SchemaTraceItem[], limit: number): SchemaTraceItem[] {
  const byId = new Map(traces.map(trace => [trace.trace_id, trace]))
  const sorted = [...byId.values()].sort((a, b) => byStart(b, a) || (a.trace_id < b.trace_id ? -1 : 1))
  return sorted.slice(0, limit)
}

/** Digits of equal length compare as text. */
function byStart(a: SchemaTraceItem, b: SchemaTraceItem): number {
  const [first, second] = [a.start_time_unix_nano, b.start_time_unix_nano]
  if (first.length !== second.length) return first.length - second.length
  return first < second ? -1 : first > second ? 1 : 0
}
