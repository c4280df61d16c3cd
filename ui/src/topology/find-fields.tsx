// Finding and hiding: two fields of one language, at the head of the topology.

import { type Ref, useMemo } from 'react'
import type { SchemaGraph } from '../api/schema.d.ts'
import { nodeName } from '../graph/signal-text.ts'
import { ExpressionField } from './expression-field.tsx'
import type { FilterSearch } from './find.ts'

interface Props extends FilterSearch {
  graph: SchemaGraph | undefined
  inputRef: Ref<HTMLInputElement>
  onFind: (find: string | undefined) => void
  onHide: (hide: string | undefined) => void
  /** The next that is found. */
  onNext: () => void
}

export function FindFields({ find, hide, graph, inputRef, onFind, onHide, onNext }: Props) {
  const known = useMemo(() => knownIn(graph), [graph])
  return (
    <>
      <ExpressionField
        kind="find"
        value={find}
        inputRef={inputRef}
        changes="at once"
        onChange={onFind}
        onEnter={onNext}
        known={known}
      />
      {/* Half an expression would hide half the mesh at each letter. */}
      <ExpressionField kind="hide" value={hide} changes="when done" onChange={onHide} known={known} />
    </>
  )
}

function knownIn(graph: SchemaGraph | undefined) {
  const nodes = graph?.nodes ?? []
  const sorted = (texts: readonly string[]) => [...new Set(texts)].sort()
  return {
    names: sorted(nodes.map(nodeName)),
    namespaces: sorted(nodes.flatMap(({ namespace }) => namespace ?? [])),
    clusters: sorted(nodes.flatMap(({ clusters }) => clusters)),
  }
}
