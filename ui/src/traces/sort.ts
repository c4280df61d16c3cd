import type { SchemaTraceItem } from '../api/schema.d.ts'
import type { Sort } from './question.ts'

/** The traces in another order than the server's, which is the newest first. */
export function sorted(traces: SchemaTraceItem[], sort: Sort | undefined): SchemaTraceItem[] {
  switch (sort) {
    case undefined:
      return traces
    case 'duration':
      return traces.toSorted((a, b) => b.duration_ms - a.duration_ms)
    case 'spans':
      return traces.toSorted((a, b) => b.span_count - a.span_count)
  }
}
