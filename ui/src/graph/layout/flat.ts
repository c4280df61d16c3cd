// The layered layout of one flow: calls lead from left to right, from where requests begin to where they end. A pure function: the same
// mesh has the same picture, whoever looks at it.
//
//   cycles broken -> layers -> long calls bent -> order within layers -> coordinates
//
// What calls nobody and is called by nobody has no place in that flow and stands in rows below it.

import { CARD, COLUMN_GAP, type Point, ROW_GAP } from '../geometry.ts'
import { type Acyclic, acyclic } from './acyclic.ts'
import { placed } from './columns.ts'
import { type Items, itemsOf } from './items.ts'
import { layersOf } from './layers.ts'
import { type Arrangement, type Digraph, pairKey, partsOf, startsOf, UNGROUPED } from './mesh.ts'
import { Neighbours } from './neighbours.ts'
import { ordered } from './order.ts'

/** Without any flow lone nodes are at least so many side by side. */
const LONE_COLUMNS_MIN = 4

export function flat(all: Digraph, entries: ReadonlySet<string>): Arrangement {
  const isLone = all.ids.map((_, node) => all.calls[node]?.length === 0 && all.callers[node]?.length === 0)
  const [joined, lone] = isLone.includes(true) ? partsOf(all, isLone.map(Number), 2) : [all]
  const flow = joined === undefined || joined.ids.length === 0 ? UNGROUPED : arranged(joined, entries)
  return { ...flow, places: new Map([...flow.places, ...below(lone?.ids ?? [], flow)]) }
}

function arranged(graph: Digraph, entries: ReadonlySet<string>): Arrangement {
  const forwards = acyclic(graph, startsOf(graph, entries))
  const items = itemsOf(forwards.graph, layersOf(forwards.graph))
  const neighbours = new Neighbours(items)
  const points = placed(items, neighbours, ordered(items, neighbours))
  const places = new Map(graph.ids.map((id, node): [string, Point] => [id, points[node] ?? { x: 0, y: 0 }]))
  return { ...UNGROUPED, places, ways: waysOf(graph, forwards, items, points) }
}

/** A call that passes a layer runs level through its column. */
function waysOf(
  graph: Digraph,
  { isTurned }: Acyclic,
  { bends }: Items,
  points: readonly Point[],
): Map<string, Point[]> {
  const ways = new Map<string, Point[]>()
  graph.calls.forEach((targets, from) => {
    for (const to of targets) {
      const turned = isTurned(from, to)
      const bent = turned ? bends.get(to)?.get(from) : bends.get(from)?.get(to)
      if (bent === undefined) continue
      const way = bent.flatMap(bend => through(points[bend] ?? { x: 0, y: 0 }))
      ways.set(pairKey(graph.ids[from] ?? '', graph.ids[to] ?? ''), turned ? way.reverse() : way)
    }
  })
  return ways
}

function through({ x, y }: Point): Point[] {
  return [
    { x: x - CARD.width / 2, y },
    { x: x + CARD.width / 2, y },
  ]
}

/** Rows below everything else, as wide as it is. */
function below(ids: readonly string[], { places }: Arrangement): [string, Point][] {
  const points = [...places.values()]
  const left = Math.min(...points.map(({ x }) => x), Number.POSITIVE_INFINITY)
  const right = Math.max(...points.map(({ x }) => x), Number.NEGATIVE_INFINITY)
  const bottom = Math.max(...points.map(({ y }) => y), Number.NEGATIVE_INFINITY)
  const step = CARD.width + COLUMN_GAP / 2
  const hasFlow = points.length > 0
  const columns = Math.max(
    hasFlow ? 1 : LONE_COLUMNS_MIN,
    hasFlow ? Math.floor((right - left) / step) + 1 : Math.ceil(Math.sqrt(ids.length)),
  )
  const first: Point = hasFlow ? { x: left, y: bottom + CARD.height + 2 * ROW_GAP } : { x: 0, y: 0 }
  return ids.map((id, index) => [
    id,
    {
      x: first.x + (index % columns) * step,
      y: first.y + Math.floor(index / columns) * (CARD.height + ROW_GAP),
    },
  ])
}
