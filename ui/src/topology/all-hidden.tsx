// A graph of which the filters leave nothing.

import type { SchemaGraph } from '../api/schema.d.ts'
import { counted } from '../ui/format.ts'
import { Mark } from '../ui/mark.tsx'
import { filterCount } from './find.ts'

interface Props {
  graph: SchemaGraph
  hide: string | undefined
  onShowAll: () => void
}

export function AllHidden({ graph, hide, onShowAll }: Props) {
  return (
    <section className="message">
      <h2 className="message__title">
        <Mark state="idle" />
        All of {counted(graph.nodes.length, 'node')} {graph.nodes.length === 1 ? 'is' : 'are'} hidden by{' '}
        {counted(filterCount(hide), 'filter')}
      </h2>
      <p>
        <code>{hide}</code>
      </p>
      <div className="message__actions">
        <button type="button" className="button button--main" onClick={onShowAll}>
          Clear
        </button>
      </div>
    </section>
  )
}
