import { Link } from '@tanstack/react-router'
import { ArrowRight } from 'lucide-react'
import type { SchemaEdgeItem, SchemaExemplarItem, SchemaGraph } from '../api/schema.d.ts'
import type { TimeRange } from '../api/time-range.ts'
import { paths } from '../app/paths.ts'
import type { Target } from '../graph/hit.ts'
import { latencyText } from '../graph/signal-text.ts'
import { formatAmount, formatShare } from '../ui/format.ts'
import { Section } from '../ui/section.tsx'
import { retriesOf } from './disagreement.ts'
import { nameOf } from './names.ts'
import { ErrorCount, Latencies, Marked, RecentErrors, RequestWords } from './numbers.tsx'
import { Observers } from './observers.tsx'
import { PanelHead } from './panel-head.tsx'
import { Split } from './split.tsx'
import { TraceLinks } from './trace-links.tsx'
import { queriesOfEdge } from './trace-queries.ts'
import {
  EVIDENCE_WORDS,
  HEALTH_MARK,
  isError,
  OBSERVER_WORDS,
  OUTCOME_WORDS,
  PROTOCOL_WORDS,
} from './words.ts'

interface Props {
  edge: SchemaEdgeItem
  graph: SchemaGraph
  range: TimeRange
  onSelect: (target: Target) => void
  onClose: () => void
}

export function EdgeDetails({ edge, graph, range, onSelect, onClose }: Props) {
  return (
    <>
      <PanelHead onClose={onClose}>
        <Ends edge={edge} graph={graph} onSelect={onSelect} />
      </PanelHead>
      <Facts edge={edge} />
      <Latencies of={edge} />
      <div className="topology-panel__actions">
        <TraceLinks queries={queriesOfEdge(edge, graph)} range={range} />
      </div>
      {edge.latency_split_ms === null ? null : (
        <Section title="Where the time goes">
          <Split split={edge.latency_split_ms} />
        </Section>
      )}
      <Section title="Observers" count={edge.observers.length}>
        <Observers edge={edge} />
      </Section>
      <Section title="Example traces" count={edge.exemplars.length}>
        <Exemplars exemplars={edge.exemplars} />
      </Section>
    </>
  )
}

function Ends({ edge, graph, onSelect }: Omit<Props, 'range' | 'onClose'>) {
  const end = (id: string) => (
    <button type="button" className="link-button" onClick={() => onSelect({ kind: 'node', id })}>
      {nameOf(graph, id)}
    </button>
  )
  return (
    <span className="topology-panel__ends">
      {end(edge.source)}
      <ArrowRight size={14} aria-label="to" />
      {end(edge.target)}
    </span>
  )
}

function Facts({ edge }: { edge: SchemaEdgeItem }) {
  const { protocol, requests, rate, errors, error_rate, observer, evidence } = edge
  return (
    <dl className="panel__facts">
      <dt>Health</dt>
      <dd>
        <Marked state={HEALTH_MARK[edge.health]}>{edge.health}</Marked>
      </dd>
      <dt>Protocol</dt>
      <dd>{PROTOCOL_WORDS[protocol]}</dd>
      <dt>Requests</dt>
      <dd>
        <RequestWords rate={rate} requests={requests} />
      </dd>
      <dt>Attempts</dt>
      <dd>
        <AttemptWords edge={edge} />
      </dd>
      <dt>Errors</dt>
      <dd>
        <ErrorCount errors={errors} share={error_rate} />
        <RecentErrors of={edge} />
      </dd>
      <dt>mTLS</dt>
      <dd>
        <MtlsWords mtls={edge.mtls} />
      </dd>
      <dt>Seen by</dt>
      <dd>
        {OBSERVER_WORDS[observer]} <span className="muted">({EVIDENCE_WORDS[evidence]})</span>
      </dd>
    </dl>
  )
}

function AttemptWords({ edge }: { edge: SchemaEdgeItem }) {
  const { attempts, requests } = edge
  const retries = retriesOf(edge)
  if (attempts === null || requests === null || retries === null)
    return <span className="muted">not known to any observer</span>
  const without = Math.max(0, requests - attempts)
  return (
    <>
      <span className="mono">{formatAmount(attempts)}</span>{' '}
      <span className={retries > 0 ? '' : 'muted'}>
        ({retries > 0 ? `${formatAmount(retries)} more than requests: retries` : 'no retries'}
        {without > 0 ? `; ${formatAmount(without)} requests were never tried` : ''})
      </span>
    </>
  )
}

/** Three states, never two: what is not known is not plain text. */
function MtlsWords({ mtls }: { mtls: number | null }) {
  if (mtls === null) return <span className="muted">not known: spans do not tell</span>
  if (mtls >= 1) return <Marked state="ok">all requests</Marked>
  if (mtls <= 0) return <Marked state="warn">no request</Marked>
  return <Marked state="warn">{formatShare(mtls)} of requests, the rest in plain text</Marked>
}

function Exemplars({ exemplars }: { exemplars: readonly SchemaExemplarItem[] }) {
  if (exemplars.length === 0) return <p className="panel__line muted">None is stored for this time.</p>
  return (
    <ul className="topology-panel__exemplars">
      {exemplars.map(exemplar => (
        <li key={`${exemplar.trace_id}/${exemplar.span_id}`}>
          <Link
            to={paths.trace}
            params={{ traceId: exemplar.trace_id }}
            search={{ span: exemplar.span_id }}
            className="mono"
          >
            {exemplar.trace_id.slice(0, 16)}…
          </Link>
          <span className="mono">{latencyText(exemplar.duration_ms)}</span>
          {isError(exemplar.class) ? (
            <Marked state="bad">{OUTCOME_WORDS[exemplar.class]}</Marked>
          ) : (
            <span className="muted">{OUTCOME_WORDS[exemplar.class]}</span>
          )}
        </li>
      ))}
    </ul>
  )
}
