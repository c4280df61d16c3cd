import { Link } from '@tanstack/react-router'
import { searchOf, type TimeRange } from '../api/time-range.ts'
import { paths } from '../app/paths.ts'
import type { TraceQueries } from './trace-queries.ts'

/** Ways to the traces behind what is selected, in the same time. */
export function TraceLinks({
  queries: { all, errors, slow },
  range,
}: {
  queries: TraceQueries
  range: TimeRange
}) {
  const link = (q: string, words: string) => (
    <Link to={paths.traces} search={{ q, ...searchOf(range) }} className="button" title={q}>
      {words}
    </Link>
  )
  return (
    <>
      {link(all, 'Traces')}
      {link(errors, 'Errors')}
      {slow === null ? null : link(slow, 'Slowest')}
    </>
  )
}
