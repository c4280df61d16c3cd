// What is asked of the service graph. Without the client of the API, which is larger than what asks for the first graph.

import type { SchemaGrouping } from './schema.d.ts'
import { apiRange, type TimeRange } from './time-range.ts'

export interface GraphQuestion {
  range: TimeRange
  by: SchemaGrouping
  namespace: string | undefined
  /** Id of a node: only what is at most `depth` calls away from it. */
  focus: string | undefined
  depth: number
}

/** The question as parameters of the API. */
export function graphParams({ range, by, namespace, focus, depth }: GraphQuestion) {
  return {
    ...apiRange(range),
    by,
    ...(namespace === undefined ? {} : { namespace }),
    ...(focus === undefined ? {} : { focus, depth }),
  }
}
