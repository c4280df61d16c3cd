// The canvas, and a real button over what keys are at: a canvas by itself is nothing to a keyboard or a screen reader.

import { useId, useState } from 'react'
import type { SchemaGraph } from '../api/schema.d.ts'
import type { SceneGroup } from '../graph/groups.ts'
import { type Direction, nextTo, stopOfGroup, type Target } from '../graph/hit.ts'
import type { Arrangement } from '../graph/layout/mesh.ts'
import type { Scene } from '../graph/scene.ts'
import { counted } from '../ui/format.ts'
import { useHealthNews } from './news.ts'
import { nodeWords } from './node-words.ts'
import { worstOf } from './worst.ts'

const ARROWS: Record<string, Direction> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
}

interface Props {
  graph: SchemaGraph
  scene: Scene
  /** The stop that keys are at. */
  at: string | null
  isSelected: boolean
  host: React.RefObject<HTMLDivElement | null>
  button: React.RefObject<HTMLButtonElement | null>
  onGo: (stop: string) => void
  onLeave: () => void
  onSelect: (target: Target) => void
  onUnfold: (namespace: string) => void
}

export function Stage(props: Props) {
  const { graph, scene, at, isSelected, host, button, onGo, onLeave, onSelect, onUnfold } = props
  const help = useId()
  const news = useHealthNews(graph.nodes)
  const node = graph.nodes.find(({ id }) => id === at)
  const group = scene.groups.find(({ id, isFolded }) => isFolded && stopOfGroup(id) === at)
  const onKeyDown = (event: React.KeyboardEvent) => {
    const direction = ARROWS[event.key]
    if (direction === undefined || at === null) return
    event.preventDefault()
    const next = nextTo(scene, at, direction)
    if (next !== null) onGo(next.id)
  }
  const words =
    node !== undefined ? nodeWords(node, graph.edges) : group === undefined ? null : groupWords(group)
  return (
    <div
      ref={host}
      className="graph__view"
      role="application"
      aria-label="Service graph"
      aria-describedby={help}
    >
      <p id={help} className="visually-hidden">
        Arrows go to the next node in their direction, Enter shows its numbers, F shows only what is around
        it, C folds its namespace. The table (V) has all of it in words.
      </p>
      {words === null || at === null ? null : (
        <button
          ref={button}
          type="button"
          className="graph__cursor"
          aria-label={words}
          aria-pressed={isSelected}
          onFocus={() => onGo(at)}
          onBlur={onLeave}
          onKeyDown={onKeyDown}
          onClick={() =>
            node === undefined ? group && onUnfold(group.id) : onSelect({ kind: 'node', id: node.id })
          }
        />
      )}
      <p className="visually-hidden" role="status">
        {news}
      </p>
    </div>
  )
}

function groupWords({ id, count, healths }: SceneGroup): string {
  const trouble = (['failing', 'degraded'] as const).flatMap(health => {
    const count = healths.get(health)
    return count === undefined ? [] : [`${count} ${health}`]
  })
  return [`namespace ${id}`, 'folded', counted(count, 'node'), ...trouble].join(', ')
}

/** Where keys are: where they went, else at the selected node, else at the worst; at its namespace where that is folded. */
export function useCursor(
  { nodes }: SchemaGraph,
  scene: Scene,
  { homes }: Arrangement,
  selected: Target | null,
) {
  const [at, set] = useState<string | null>(null)
  const chosen = selected?.kind === 'node' ? selected.id : null
  const [lastChosen, setLastChosen] = useState(chosen)
  if (chosen !== lastChosen) {
    setLastChosen(chosen)
    if (chosen !== null) set(chosen)
  }
  const stopOf = (id: string | null | undefined): string | undefined => {
    if (id === null || id === undefined) return undefined
    if (scene.nodeById.has(id)) return id
    const home = homes.get(id)
    return scene.groups
      .map(group => stopOfGroup(group.id))
      .find(stop => stop === id || stop === stopOfGroup(home ?? ''))
  }
  const isThere = (stop: string) =>
    scene.nodeById.has(stop) || scene.groups.some(({ id, isFolded }) => isFolded && stopOfGroup(id) === stop)
  const worst = () => worstOf(nodes)?.id
  const stop =
    [at, chosen].map(stopOf).find(found => found !== undefined && isThere(found)) ?? stopOf(worst())
  return { id: stop ?? null, set }
}
