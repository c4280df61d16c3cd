// What is known of a service beside its signals, and its numbers over all of the time.

import type { SchemaNodeItem, SchemaSignals } from '../api/schema.d.ts'
import { amountText, latencyText, rateText } from '../graph/signal-text.ts'
import { KIND_WORDS } from '../topology/words.ts'
import { ErrorShare } from './cells.tsx'
import { totalsOf } from './series.ts'

interface NumbersProps {
  node: SchemaNodeItem | null
  signals: SchemaSignals | null
}

export function Numbers({ node, signals }: NumbersProps) {
  const totals = signals === null ? null : totalsOf(signals)
  const numbers: [string, React.ReactNode, string][] = [
    ['Traffic', rateText(totals?.rate ?? null), `${amountText(totals?.requests ?? null)} requests`],
    [
      'Errors',
      <ErrorShare key="share" share={totals?.error_rate ?? null} />,
      `${amountText(totals?.errors ?? null)} failed`,
    ],
    ['p50', latencyText(node?.p50_ms ?? null), ''],
    ['p95', latencyText(node?.p95_ms ?? null), ''],
    ['p99', latencyText(node?.p99_ms ?? null), ''],
  ]
  return (
    <dl className="service-numbers">
      {numbers.map(([name, value, note]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd className="mono">{value}</dd>
          {note === '' ? null : <dd className="muted service-numbers__note">{note}</dd>}
        </div>
      ))}
    </dl>
  )
}

export function Facts({ node }: { node: SchemaNodeItem | null }) {
  if (node === null) return null
  const { kind, namespace, clusters, aliases } = node
  const facts: [string, string][] = [
    ['Kind', KIND_WORDS[kind]],
    ...(namespace === null ? [] : [['Namespace', namespace] as [string, string]]),
    ...(clusters.length === 0
      ? []
      : [[clusters.length === 1 ? 'Cluster' : 'Clusters', clusters.join(', ')] as [string, string]]),
    ...(aliases.length === 0 ? [] : [['Names in spans', aliases.join(', ')] as [string, string]]),
  ]
  return (
    <dl className="service-facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}
