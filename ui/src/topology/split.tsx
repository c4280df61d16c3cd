// Where the time of an edge's requests goes: a bar of the way's parts, and the same in words.

import type { SchemaSplitItem } from '../api/schema.d.ts'
import { latencyText } from '../graph/signal-text.ts'
import { formatShare } from '../ui/format.ts'

const PARTS: readonly { id: keyof SchemaSplitItem; words: string }[] = [
  { id: 'source_app', words: 'Source’s application' },
  { id: 'source_proxy', words: 'Source’s proxy' },
  { id: 'network', words: 'Network' },
  { id: 'target_proxy', words: 'Target’s proxy' },
  { id: 'target_app', words: 'Target’s application' },
]

export function Split({ split }: { split: SchemaSplitItem }) {
  const total = PARTS.reduce((sum, { id }) => sum + (split[id] ?? 0), 0)
  const shareOf = (ms: number) => (total === 0 ? 0 : ms / total)
  return (
    <figure className="split">
      <div className="split__bar" aria-hidden="true">
        {PARTS.map(({ id }) => {
          const ms = split[id] ?? 0
          return ms === 0 ? null : <span key={id} data-part={id} style={{ flexGrow: shareOf(ms) }} />
        })}
      </div>
      <figcaption>
        <dl className="split__parts">
          {PARTS.map(({ id, words }) => {
            const ms = split[id]
            return (
              <div key={id} className="split__part">
                <dt>
                  <span className="split__swatch" data-part={id} aria-hidden="true" />
                  {words}
                </dt>
                <dd className="mono">{ms === null ? 'not measured' : latencyText(ms)}</dd>
                <dd className="mono muted">{ms === null ? '' : formatShare(shareOf(ms))}</dd>
              </div>
            )
          })}
        </dl>
      </figcaption>
    </figure>
  )
}
