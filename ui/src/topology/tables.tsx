// The graph as tables: the same truth as the drawing, in words and numbers.

import { useMemo } from 'react'
import type { SchemaEdgeItem } from '../api/schema.d.ts'
import type { Target } from '../graph/hit.ts'
import { amountText, latencyText, nodeName, rateText, shareText } from '../graph/signal-text.ts'
import { formatCount } from '../ui/format.ts'
import { Mark } from '../ui/mark.tsx'
import { EDGE_COLUMNS, NODE_COLUMNS, type NodeRow, type Order, orderOf, sortSearch } from './columns.ts'
import { retriesOf } from './disagreement.ts'
import type { Filtered } from './find.ts'
import { Marked } from './numbers.tsx'
import { SortedTable } from './table.tsx'
import './tables.css'
import { HEALTH_MARK, PROTOCOL_WORDS } from './words.ts'

const NODES_FIRST: Order = { column: 'health', isDescending: true }
const EDGES_FIRST: Order = { column: 'rate', isDescending: true }

interface Props {
  filtered: Filtered
  table: 'nodes' | 'edges'
  sort: string | undefined
  selected: Target | null
  isOld: boolean
  onTable: (table: 'nodes' | 'edges') => void
  onSort: (sort: string) => void
  onSelect: (target: Target) => void
}

export function Tables({ filtered, table, sort, selected, isOld, onTable, onSort, onSelect }: Props) {
  const nodes = useMemo(() => nodeRows(filtered), [filtered])
  const edges = useMemo(() => edgeRows(filtered), [filtered])
  const counts = { nodes: nodes.length, edges: edges.length }
  const order = (order: Order) => onSort(sortSearch(order))
  return (
    <div className="tables" data-old={isOld} aria-busy={isOld}>
      <fieldset className="switcher">
        <legend className="visually-hidden">Table of</legend>
        {(['nodes', 'edges'] as const).map(name => (
          <button
            key={name}
            type="button"
            className="button"
            aria-pressed={table === name}
            onClick={() => onTable(name)}
          >
            {name === 'nodes' ? 'Nodes' : 'Edges'} <span className="muted">{formatCount(counts[name])}</span>
          </button>
        ))}
      </fieldset>
      <div className="tables__scroll">
        {table === 'nodes' ? (
          <SortedTable
            caption="Nodes of the service graph"
            columns={NODE_COLUMNS}
            rows={nodes}
            order={orderOf(sort, NODE_COLUMNS, NODES_FIRST)}
            idOf={nodeId}
            cellOf={(row, column) => nodeCell(row, column, onSelect)}
            isSelected={({ node }) => selected?.kind === 'node' && selected.id === node.id}
            onOrder={order}
          />
        ) : (
          <SortedTable
            caption="Edges of the service graph"
            columns={EDGE_COLUMNS}
            rows={edges}
            order={orderOf(sort, EDGE_COLUMNS, EDGES_FIRST)}
            idOf={edgeId}
            cellOf={(row, column) => edgeCell(row, column, onSelect)}
            isSelected={({ id }) => selected?.kind === 'edge' && selected.id === id}
            onOrder={order}
          />
        )}
      </div>
    </div>
  )
}

const nodeId = ({ node }: NodeRow) => node.id
const edgeId = ({ id }: SchemaEdgeItem) => id

/** A table shows what is found alone: what else there is would push it out of sight. */
function edgeRows({ shown, found }: Filtered): readonly SchemaEdgeItem[] {
  return found === null ? shown.edges : shown.edges.filter(({ id }) => found.edges.has(id))
}

function nodeRows({ whole, shown, found }: Filtered): NodeRow[] {
  const [incoming, outgoing] = [new Map<string, number>(), new Map<string, number>()]
  for (const { source, target } of whole.edges) {
    outgoing.set(source, (outgoing.get(source) ?? 0) + 1)
    incoming.set(target, (incoming.get(target) ?? 0) + 1)
  }
  return shown.nodes
    .filter(({ id }) => found === null || found.nodes.has(id))
    .map(node => ({ node, incoming: incoming.get(node.id) ?? 0, outgoing: outgoing.get(node.id) ?? 0 }))
}

function nodeCell({ node, incoming, outgoing }: NodeRow, column: string, onSelect: Props['onSelect']) {
  switch (column) {
    case 'name':
      return (
        <button type="button" className="link-button" onClick={() => onSelect({ kind: 'node', id: node.id })}>
          {nodeName(node)}
        </button>
      )
    case 'namespace':
      return node.namespace ?? <span className="muted">–</span>
    case 'kind':
      return node.kind
    case 'health':
      return <Marked state={HEALTH_MARK[node.health]}>{node.health}</Marked>
    case 'in':
      return incoming
    case 'out':
      return outgoing
    default:
      return signalCell(node, column)
  }
}

function edgeCell(edge: SchemaEdgeItem, column: string, onSelect: Props['onSelect']) {
  switch (column) {
    case 'source':
      return (
        <button
          type="button"
          className="link-button"
          onClick={() => onSelect({ kind: 'edge', id: edge.id })}
          aria-label={`${edge.source} to ${edge.target}`}
        >
          {edge.source}
        </button>
      )
    case 'target':
      return edge.target
    case 'protocol':
      return PROTOCOL_WORDS[edge.protocol]
    case 'health':
      return <Marked state={HEALTH_MARK[edge.health]}>{edge.health}</Marked>
    case 'retries':
      return amountText(retriesOf(edge))
    case 'mtls':
      return edge.mtls === null ? <span className="muted">not known</span> : shareText(edge.mtls)
    case 'observer':
      return edge.observer
    default:
      return signalCell(edge, column)
  }
}

type Signals = Pick<
  SchemaEdgeItem,
  'requests' | 'rate' | 'errors' | 'error_rate' | 'p50_ms' | 'p95_ms' | 'p99_ms'
>

/** What nodes and edges both have. */
function signalCell(of: Signals, column: string) {
  switch (column) {
    case 'requests':
      return amountText(of.requests)
    case 'rate':
      return rateText(of.rate)
    case 'errors':
      return amountText(of.errors)
    case 'share':
      return (of.errors ?? 0) === 0 ? (
        <span className="muted">{shareText(of.error_rate)}</span>
      ) : (
        <span className="error-word">
          <Mark state="bad" />
          {shareText(of.error_rate)}
        </span>
      )
    case 'p50':
      return latencyText(of.p50_ms)
    case 'p95':
      return latencyText(of.p95_ms)
    case 'p99':
      return latencyText(of.p99_ms)
    default:
      return null
  }
}
