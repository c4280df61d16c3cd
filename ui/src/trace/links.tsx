// Links from a span to other pages: traces that say the same, its service, the call in the topology.

import { Link } from '@tanstack/react-router'
import { Search } from 'lucide-react'
import { searchOf, type TimeRange } from '../api/time-range.ts'
import { paths, serviceParams } from '../app/paths.ts'
import { epochMilliseconds, MINUTE, millisecondsOf } from '../ui/units.ts'
import type { Trace } from './columns.ts'
import { type Identity, nodeId } from './identity.ts'

/** Around a trace that is long past, other traces of its time are looked for. */
const AROUND = 30 * MINUTE

/** The time in which other traces like this one are looked for; of a fresh trace the page's own. */
export function timeAround(trace: Trace): TimeRange | null {
  if (trace.startedAt === null) return null
  const start = millisecondsOf(trace.startedAt)
  if (Date.now() - start < AROUND) return null
  const end = start + trace.length / 1e6
  return { kind: 'absolute', start: epochMilliseconds(start - AROUND), end: epochMilliseconds(end + AROUND) }
}

interface SearchProps {
  trace: Trace
  /** In TraceQL. */
  question: string
  words: string
  label?: string
}

/** To the traces that a question finds. */
export function SearchLink({ trace, question, words, label }: SearchProps) {
  const range = timeAround(trace)
  return (
    <Link
      to={paths.traces}
      search={{ q: question, ...(range === null ? {} : searchOf(range)) }}
      className={label === undefined ? 'button button--plain button--icon' : undefined}
      aria-label={label === undefined ? words : undefined}
      title={`${words}: ${question}`}
    >
      {label === undefined ? <Search size={13} aria-hidden="true" /> : label}
    </Link>
  )
}

export function ServiceLink({ identity, children }: { identity: Identity; children: React.ReactNode }) {
  return (
    <Link to={paths.service} params={serviceParams(identity)}>
      {children}
    </Link>
  )
}

/** To a call or a service in the topology of the trace's time. */
export function TopologyLinks({
  trace,
  identity,
  edge,
}: {
  trace: Trace
  identity: Identity
  edge: string | null
}) {
  const range = timeAround(trace)
  const time = range === null ? {} : searchOf(range)
  const node = nodeId(identity)
  return (
    <>
      {edge === null ? null : (
        <Link to={paths.topology} search={{ ...time, edge }} title={edge}>
          The call
        </Link>
      )}
      {edge === null || node === null ? null : ', '}
      {node === null ? null : (
        <Link to={paths.topology} search={{ ...time, node }} title={node}>
          the service
        </Link>
      )}
    </>
  )
}
