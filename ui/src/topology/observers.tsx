// All views of one edge, side by side, with the one that was chosen, and where the others tell something else.

import type { SchemaEdgeItem, SchemaObserverItem } from '../api/schema.d.ts'
import { amountText, latencyText } from '../graph/signal-text.ts'
import { formatShare } from '../ui/format.ts'
import { Mark } from '../ui/mark.tsx'
import { type Disagreement, disagreements, isAtTarget, isChosen, retriesOf } from './disagreement.ts'
import { EVIDENCE_WORDS, OBSERVER_WORDS } from './words.ts'

export function Observers({ edge }: { edge: SchemaEdgeItem }) {
  const different = disagreements(edge)
  return (
    <>
      <div className="observers">
        <table>
          <thead>
            <tr>
              <th scope="col">Observer</th>
              <th scope="col">Requests</th>
              <th scope="col">Attempts</th>
              <th scope="col">Errors</th>
              <th scope="col">p50</th>
              <th scope="col">p95</th>
              <th scope="col">p99</th>
              <th scope="col">Seen</th>
            </tr>
          </thead>
          <tbody>
            {edge.observers.map(observer => (
              <Row
                key={`${observer.observer} ${observer.evidence}`}
                observer={observer}
                isChosen={isChosen(edge, observer)}
                different={different.find(found => found.observer === observer)}
              />
            ))}
          </tbody>
        </table>
      </div>
      {different.map(found => (
        <p key={`${found.observer.observer} ${found.observer.evidence}`} className="observers__difference">
          <Mark state="warn" />
          <span>{differenceWords(found, edge)}</span>
        </p>
      ))}
      {(retriesOf(edge) ?? 0) > 0 && edge.observers.some(isAtTarget) ? (
        <p className="panel__line muted">The target sees each try as a request of its own.</p>
      ) : null}
      <p className="panel__line muted">
        {edge.observers.length > 1 ? 'The numbers above are those of the marked row. ' : ''}“Seen” counts
        spans, log lines or samples before the correction for sampling.
      </p>
    </>
  )
}

interface RowProps {
  observer: SchemaObserverItem
  isChosen: boolean
  different: Disagreement | undefined
}

function Row({ observer, isChosen, different }: RowProps) {
  const { requests, attempts, errors, p50_ms, p95_ms, p99_ms, observed } = observer
  return (
    <tr data-chosen={isChosen} aria-current={isChosen ? 'true' : undefined}>
      <th scope="row" title={`${OBSERVER_WORDS[observer.observer]}, by ${EVIDENCE_WORDS[observer.evidence]}`}>
        {observer.observer}
        {isChosen ? ' ✓' : ''}
        <span className="muted observers__evidence"> {EVIDENCE_WORDS[observer.evidence]}</span>
      </th>
      <td data-different={different?.requests != null}>{amountText(requests)}</td>
      <td>{amountText(attempts)}</td>
      <td data-different={different?.errors != null}>{amountText(errors)}</td>
      <td>{latencyText(p50_ms)}</td>
      <td>{latencyText(p95_ms)}</td>
      <td>{latencyText(p99_ms)}</td>
      <td>{amountText(observed)}</td>
    </tr>
  )
}

/** What a disagreement says, in a sentence. */
function differenceWords(
  { observer, requests, errors }: Disagreement,
  { observer: chosen }: SchemaEdgeItem,
): string {
  const parts = [
    requests === null ? null : `${sizeWords(requests)} requests`,
    errors === null ? null : `${sizeWords(errors)} errors`,
  ].filter(part => part !== null)
  const ending =
    requests !== null && requests < 0
      ? ' Requests that did not arrive are lost between the two, or their spans are.'
      : ''
  return `${capital(OBSERVER_WORDS[observer.observer])} counted ${parts.join(' and ')} than ${OBSERVER_WORDS[chosen]}.${ending}`
}

function sizeWords(share: number): string {
  if (!Number.isFinite(share)) return 'more'
  return `${formatShare(Math.abs(share))} ${share < 0 ? 'fewer' : 'more'}`
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)
