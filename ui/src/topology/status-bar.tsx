// What the graph comes to, in one line: how many, how well, and what is not in it.

import { Info } from 'lucide-react'
import { DialogButton } from '../ui/dialog-button.tsx'
import { counted, formatAmount, formatCount } from '../ui/format.ts'
import { Mark } from '../ui/mark.tsx'
import type { Filtered } from './find.ts'
import { HEALTH_MARK, HEALTHS, reasonWords } from './words.ts'
import { healthCounts } from './worst.ts'

interface Props {
  filtered: Filtered
  /** Shows again what is hidden. */
  onShowAll: () => void
}

export function StatusBar({ filtered, onShowAll }: Props) {
  const { whole, shown, found } = filtered
  const { nodes, edges, cycles, unpaired } = whole
  const counts = healthCounts(nodes)
  return (
    <footer className="status-bar">
      <span>
        {counted(nodes.length, 'node')}, {counted(edges.length, 'edge')}
        {cycles.length === 0 ? '' : `, ${counted(cycles.length, 'cycle')}`}
      </span>
      <ul className="status-bar__healths" aria-label="Nodes by health">
        {HEALTHS.filter(health => counts.has(health)).map(health => (
          <li key={health}>
            <Mark state={HEALTH_MARK[health]} />
            {counts.get(health)} {health}
          </li>
        ))}
      </ul>
      {found === null ? null : (
        <span role="status">{foundWords(found.nodes.size, found.edges.size, filtered)}</span>
      )}
      {shown === whole ? null : (
        <span className="status-bar__hidden">
          {hiddenWords(filtered)}
          <button type="button" className="button" onClick={onShowAll}>
            Show all
          </button>
        </span>
      )}
      <span className="status-bar__space" />
      <Unpaired unpaired={unpaired} />
    </footer>
  )
}

/** `7 of 24 found`: nodes, or edges where no node is. */
function foundWords(nodes: number, edges: number, { shown }: Filtered): string {
  const parts = [
    ...(nodes === 0 ? [] : [`${formatCount(nodes)} of ${counted(shown.nodes.length, 'node')}`]),
    ...(edges === 0 ? [] : [`${formatCount(edges)} of ${counted(shown.edges.length, 'edge')}`]),
  ]
  return parts.length === 0 ? 'Nothing found' : `Found: ${parts.join(', ')}`
}

function hiddenWords({ whole, shown }: Filtered): string {
  const nodes = whole.nodes.length - shown.nodes.length
  const edges = whole.edges.length - shown.edges.length
  return `Hidden: ${counted(nodes, 'node')}, ${counted(edges, 'edge')}`
}

/** Spans that make no edge are not hidden: a graph without them would claim to be whole. */
function Unpaired({ unpaired }: { unpaired: Record<string, number> }) {
  const reasons = Object.entries(unpaired)
    .filter(([, count]) => count > 0)
    .sort((a, b) => b[1] - a[1])
  if (reasons.length === 0) return <span className="muted">Every request has both its sides</span>
  const total = reasons.reduce((sum, [, count]) => sum + count, 0)
  return (
    <DialogButton
      className="button status-bar__unpaired"
      button={
        <>
          <Info size={14} aria-hidden="true" />
          {formatAmount(total)} not paired
        </>
      }
      placement="top end"
      title={`Not paired: ${formatAmount(total)}`}
      dialogClassName="unpaired"
    >
      {() => (
        <>
          <h2>Not paired: {formatAmount(total)}</h2>
          <p className="muted">
            Requests and spans of this time that have one side only, and so draw no edge.
          </p>
          <dl>
            {reasons.map(([reason, count]) => (
              <div key={reason}>
                <dt>
                  {reasonWords(reason).title} <code className="muted">{reason}</code>
                  <span className="unpaired__count mono">{formatAmount(count)}</span>
                </dt>
                <dd>{reasonWords(reason).why}</dd>
              </div>
            ))}
          </dl>
        </>
      )}
    </DialogButton>
  )
}
