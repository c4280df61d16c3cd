import { Link } from '@tanstack/react-router'
import { Activity, Focus } from 'lucide-react'
import type { SchemaEdgeItem, SchemaGraph, SchemaNodeItem } from '../api/schema.d.ts'
import { searchOf, type TimeRange } from '../api/time-range.ts'
import { paths, serviceParams } from '../app/paths.ts'
import type { Target } from '../graph/hit.ts'
import { latencyText, nodeName, rateText, shareText } from '../graph/signal-text.ts'
import { CopyButton } from '../ui/copy-button.tsx'
import { Section } from '../ui/section.tsx'
import { nameOf } from './names.ts'
import { ErrorCount, Latencies, Marked, RecentErrors, RequestWords } from './numbers.tsx'
import { PanelHead } from './panel-head.tsx'
import { rangeSearch } from './question.ts'
import { TraceLinks } from './trace-links.tsx'
import { queriesOfNode } from './trace-queries.ts'
import { HEALTH_MARK, KIND_WORDS, PROTOCOL_WORDS } from './words.ts'

interface Props {
  node: SchemaNodeItem
  graph: SchemaGraph
  range: TimeRange
  onSelect: (target: Target) => void
  onFocus: (id: string) => void
  onClose: () => void
}

export function NodeDetails({ node, graph, range, onSelect, onFocus, onClose }: Props) {
  const incoming = graph.edges.filter(({ target }) => target === node.id)
  const outgoing = graph.edges.filter(({ source }) => source === node.id)
  return (
    <>
      <PanelHead onClose={onClose}>{nodeName(node)}</PanelHead>
      <Facts node={node} />
      <Latencies of={node} />
      <Place node={node} graph={graph} />
      <div className="topology-panel__actions">
        <button
          type="button"
          className="button"
          onClick={() => onFocus(node.id)}
          title="Show only what is around it (f)"
        >
          <Focus size={14} aria-hidden="true" />
          Focus
        </button>
        {graph.by === 'service' ? <OpenService node={node} range={range} /> : null}
        <CopyButton what="the id of the node" label="Copy id" text={node.id} />
        <TraceLinks queries={queriesOfNode(node)} range={range} />
      </div>
      <Section title="Called by" count={incoming.length}>
        <EdgeList edges={incoming} graph={graph} end="source" onSelect={onSelect} />
      </Section>
      <Section title="Calls" count={outgoing.length}>
        <EdgeList edges={outgoing} graph={graph} end="target" onSelect={onSelect} />
      </Section>
      {node.aliases.length === 0 ? null : (
        <Section title="Names in spans" count={node.aliases.length}>
          <Aliases aliases={node.aliases} range={range} />
        </Section>
      )}
    </>
  )
}

function Facts({ node }: { node: SchemaNodeItem }) {
  const { health, kind, namespace, clusters, requests, errors, rate, error_rate } = node
  return (
    <dl className="panel__facts">
      <dt>Health</dt>
      <dd>
        <Marked state={HEALTH_MARK[health]}>{health}</Marked>
      </dd>
      <dt>Kind</dt>
      <dd>{KIND_WORDS[kind]}</dd>
      <dt>Namespace</dt>
      <dd>{namespace ?? <span className="muted">not known</span>}</dd>
      {clusters.length === 0 ? null : (
        <>
          <dt>{clusters.length === 1 ? 'Cluster' : 'Clusters'}</dt>
          <dd>{clusters.join(', ')}</dd>
        </>
      )}
      <dt>Requests</dt>
      <dd>
        <RequestWords rate={rate} requests={requests} />
      </dd>
      <dt>Errors</dt>
      <dd>
        <ErrorCount errors={errors} share={error_rate} />
        <RecentErrors of={node} />
      </dd>
    </dl>
  )
}

/** What the mesh as a whole says of it. */
function Place({ node, graph }: { node: SchemaNodeItem; graph: SchemaGraph }) {
  const cycle = graph.cycles.find(cycle => cycle.includes(node.id))
  const isEntry = graph.entry_points.includes(node.id)
  if (!isEntry && cycle === undefined) return null
  return (
    <ul className="topology-panel__place">
      {isEntry ? <li>Requests begin here.</li> : null}
      {cycle === undefined ? null : (
        <li>
          In a cycle: <span className="mono">{cycle.join(', ')}</span>
        </li>
      )}
    </ul>
  )
}

/** A database or whatever else sends no spans has all of its id as a name. */
function OpenService({ node, range }: { node: SchemaNodeItem; range: TimeRange }) {
  const isInferred = node.namespace === null && node.id.includes(':')
  return (
    <Link
      to={paths.service}
      params={isInferred ? { namespace: '_', name: node.id } : serviceParams(node)}
      search={rangeSearch(range)}
      className="button"
    >
      <Activity size={14} aria-hidden="true" />
      Open service
    </Link>
  )
}

interface EdgeListProps {
  edges: readonly SchemaEdgeItem[]
  graph: SchemaGraph
  /** Which side is the other one. */
  end: 'source' | 'target'
  onSelect: (target: Target) => void
}

function EdgeList({ edges, graph, end, onSelect }: EdgeListProps) {
  if (edges.length === 0) return <p className="panel__line muted">Nobody in this time.</p>
  const busiest = edges.toSorted(
    (a, b) => (b.errors ?? 0) - (a.errors ?? 0) || (b.requests ?? 0) - (a.requests ?? 0),
  )
  return (
    <table className="topology-panel__edges">
      <thead>
        <tr>
          <th scope="col">{end === 'source' ? 'Source' : 'Target'}</th>
          <th scope="col">Rate</th>
          <th scope="col">Errors</th>
          <th scope="col">p95</th>
        </tr>
      </thead>
      <tbody>
        {busiest.map(edge => (
          <tr key={edge.id}>
            <td>
              <button
                type="button"
                className="link-button"
                onClick={() => onSelect({ kind: 'edge', id: edge.id })}
              >
                {nameOf(graph, edge[end])}
              </button>{' '}
              <span className="muted">{PROTOCOL_WORDS[edge.protocol]}</span>
            </td>
            <td className="mono">{rateText(edge.rate)}</td>
            <td className="mono" data-bad={(edge.errors ?? 0) > 0}>
              {shareText(edge.error_rate)}
            </td>
            <td className="mono">{latencyText(edge.p95_ms)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Aliases({ aliases, range }: { aliases: readonly string[]; range: TimeRange }) {
  return (
    <ul className="topology-panel__aliases">
      {aliases.map(alias => (
        <li key={alias}>
          <span className="mono">{alias}</span>
          <Link to={paths.traces} search={{ service: alias, ...searchOf(range) }}>
            Traces
          </Link>
        </li>
      ))}
    </ul>
  )
}
