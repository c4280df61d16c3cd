// The side panel: everything that is known of the selected node or edge.

import type { SchemaGraph } from '../api/schema.d.ts'
import type { TimeRange } from '../api/time-range.ts'
import type { Target } from '../graph/hit.ts'
import { Banner } from '../ui/banner.tsx'
import '../ui/panel.css'
import { EdgeDetails } from './edge-panel.tsx'
import { NodeDetails } from './node-panel.tsx'
import './panel.css'
import { PanelHead } from './panel-head.tsx'
import { PANEL } from './panel-id.ts'

interface Props {
  graph: SchemaGraph
  selected: Target
  range: TimeRange
  onSelect: (target: Target | null) => void
  onFocus: (id: string) => void
}

export function DetailsPanel({ graph, selected, range, onSelect, onFocus }: Props) {
  const node = selected.kind === 'node' ? graph.nodes.find(({ id }) => id === selected.id) : undefined
  const edge = selected.kind === 'edge' ? graph.edges.find(({ id }) => id === selected.id) : undefined
  const close = () => onSelect(null)
  return (
    <aside
      className="panel topology-panel"
      id={PANEL}
      tabIndex={-1}
      aria-label={`Details of the ${selected.kind}`}
    >
      {node === undefined ? null : (
        <NodeDetails
          node={node}
          graph={graph}
          range={range}
          onSelect={onSelect}
          onFocus={onFocus}
          onClose={close}
        />
      )}
      {edge === undefined ? null : (
        <EdgeDetails edge={edge} graph={graph} range={range} onSelect={onSelect} onClose={close} />
      )}
      {node === undefined && edge === undefined ? <Gone selected={selected} onClose={close} /> : null}
    </aside>
  )
}

/** A link may be older than what there is, and live graphs lose nodes. */
function Gone({ selected, onClose }: { selected: Target; onClose: () => void }) {
  return (
    <>
      <PanelHead onClose={onClose}>Not in this graph</PanelHead>
      <Banner state="warn">
        <span>
          In this time and with these filters there is no {selected.kind} <code>{selected.id}</code>.
        </span>
      </Banner>
    </>
  )
}
