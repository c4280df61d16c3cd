// What is odd about the trace, said before anything is concluded from it; each with the way to its spans.

import { Banner } from '../ui/banner.tsx'
import { counted } from '../ui/format.ts'
import type { Oddity } from './oddities.ts'
import type { Tree } from './tree.ts'

/** More would be a second waterfall. */
const SPANS_MAX = 20

interface Props {
  tree: Tree
  oddities: readonly Oddity[]
  onJump: (key: string) => void
}

export function Warnings({ tree, oddities, onJump }: Props) {
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
              <Spans tree={tree} places={oddity.places} onJump={onJump} />
            </li>
          ))}
        </ul>
      </details>
    </Banner>
  )
}

function Spans({ tree, places, onJump }: { tree: Tree; places: readonly number[]; onJump: Props['onJump'] }) {
  return (
    <ul className="oddities__spans">
      {places.slice(0, SPANS_MAX).map(place => {
        const span = tree.nodes[place]?.span
        return span === undefined ? null : (
          <li key={span.key}>
            <button type="button" className="link-button" onClick={() => onJump(span.key)}>
              {span.service ?? 'unnamed'} {span.name || 'no name'}
            </button>
          </li>
        )
      })}
      {places.length <= SPANS_MAX ? null : (
        <li className="muted">and {counted(places.length - SPANS_MAX, 'more')}</li>
      )}
    </ul>
  )
}
