// The newest traces in which the service failed.

import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { Tenant } from '../api/queries.ts'
import { foundTracesQuery, type SignalsQuestion } from '../api/queries-services.ts'
import type { Refresh } from '../api/refresh.ts'
import type { SchemaNodeItem, SchemaTraceItem } from '../api/schema.d.ts'
import { paths } from '../app/paths.ts'
import { latencyText } from '../graph/signal-text.ts'
import { useNow } from '../ui/clock.ts'
import { formatAge } from '../ui/format.ts'
import { Mark } from '../ui/mark.tsx'
import { milliseconds } from '../ui/units.ts'
import { tracesSearch } from './links.ts'
import { errorsQuery } from './traceql.ts'

const SHOWN = 8

interface Props {
  node: SchemaNodeItem | null
  tenant: Tenant
  question: SignalsQuestion
  refresh: Refresh
}

export function ErrorTraces({ node, tenant, question, refresh }: Props) {
  if (node === null) return null
  return (
    <section className="around" aria-labelledby="error-traces">
      <h2 id="error-traces">Recent errors</h2>
      {node.aliases.length === 0 ? (
        <p className="muted">It sends no spans of its own: look at those who call it.</p>
      ) : (
        <Newest q={errorsQuery(node.aliases)} tenant={tenant} question={question} refresh={refresh} />
      )}
    </section>
  )
}

function Newest({ q, tenant, question, refresh }: Omit<Props, 'node'> & { q: string }) {
  const { range } = question
  const query = useQuery(foundTracesQuery(tenant, q, range, SHOWN, refresh))
  if (query.data === undefined && query.error !== null) {
    return (
      <p>
        <Mark state="bad" /> They could not be searched: {query.error.message}{' '}
        <button type="button" className="link-button" onClick={() => query.refetch()}>
          Try again
        </button>
      </p>
    )
  }
  if (query.data === undefined) return <span className="skeleton" role="status" aria-label="Searching" />
  if (query.data.length === 0) return <p className="muted">No span of it failed in this time.</p>
  return (
    <>
      <ul className="error-traces">
        {query.data.map(trace => (
          <ErrorTrace key={trace.trace_id} trace={trace} />
        ))}
      </ul>
      <Link to={paths.traces} search={tracesSearch(q, range)}>
        Search all traces with its errors
      </Link>
    </>
  )
}

function ErrorTrace({ trace }: { trace: SchemaTraceItem }) {
  const now = useNow()
  const span = trace.spans?.[0]
  const age = milliseconds(now - Number(BigInt(trace.start_time_unix_nano) / 1_000_000n))
  return (
    <li>
      <Mark state="bad" />
      <Link
        to={paths.trace}
        params={{ traceId: trace.trace_id }}
        search={span === undefined ? {} : { span: span.span_id }}
        className="error-traces__name"
        title={span?.name ?? trace.root_name ?? trace.trace_id}
      >
        {span?.name ?? trace.root_name ?? trace.trace_id.slice(0, 16)}
      </Link>
      <span className="mono">{latencyText(span?.duration_ms ?? trace.duration_ms)}</span>
      <span className="muted error-traces__age">{formatAge(age)}</span>
    </li>
  )
}
