// What is odd about the trace, said before anything is concluded from it; each with the way to its spans.

import { Banner } from '../ui/banner.tsx'
import { counted } from '../ui/format.ts'
import { operationAt, type Trace } from './columns.ts'
import { keyAt } from './ids.ts'
import type { Oddity } from './oddities.ts'

/** More would be a second waterfall. */
const SPANS_MAX = 20

interface Props {
  trace: Trace
  oddities: readonly Oddity[]
  onJump: (key: string) => void
}

export function Warnings({ trace, oddities, onJump }: Props) {
  const [first, ...rest] = oddities
  if (first === undefined) return null
  const more = rest.length === 0 ? '' : `, and ${rest.length} more to know`
  return (
    <Banner state="warn">
      <details className="oddities">
        <summary>
          {first.words}
          {more}
        </summary>
        <ul>
          {oddities.map(oddity => (
            <li key={oddity.words}>
              {oddity.words}
              <Spans trace={trace} rows={oddity.rows} onJump={onJump} />
            </li>
          ))}
        </ul>
      </details>
    </Banner>
  )
}

function Spans({ trace, rows, onJump }: { trace: Trace; rows: readonly number[]; onJump: Props['onJump'] }) {
  return (
    <ul className="oddities__spans">
      {rows.slice(0, SPANS_MAX).map(row => {
        const operation = operationAt(trace, row)
        return (
          <li key={row}>
            <button type="button" className="link-button" onClick={() => onJump(keyAt(trace, row))}>
              {operation?.service ?? 'unnamed'} {operation?.name || 'no name'}
            </button>
          </li>
        )
      })}
      {rows.length <= SPANS_MAX ? null : (
        <li className="muted">and {counted(rows.length - SPANS_MAX, 'more')}</li>
      )}
    </ul>
  )
}
