// The way from one picture to the next, after it was laid out anew: who moves is seen to move. Not for large meshes, where
// nobody could follow it, and not for who wants less motion.

import { curveOf } from './curve.ts'
import type { Box, Point } from './geometry.ts'
import type { SceneGroup } from './groups.ts'
import type { Scene } from './scene.ts'

const MOTION_MS = 300
const NODES_MAX = 300

export interface Motion {
  from: Scene
  startedAt: number
}

/** Null where nothing that stays has another place. */
export function motionBetween(from: Scene, to: Scene, now: number): Motion | null {
  const isStill = globalThis.matchMedia?.('(prefers-reduced-motion: reduce)').matches ?? true
  if (isStill || to.nodes.length > NODES_MAX) return null
  const isMoved = to.nodes.some(({ id, place }) => {
    const before = from.nodeById.get(id)?.place
    return before !== undefined && (before.x !== place.x || before.y !== place.y)
  })
  return isMoved ? { from, startedAt: now } : null
}

/** What is shown on the way; null at its end. */
export function sceneOnTheWay({ from, startedAt }: Motion, to: Scene, now: number): Scene | null {
  const part = (now - startedAt) / MOTION_MS
  if (part >= 1) return null
  const eased = 1 - (1 - Math.max(0, part)) ** 3
  const between = (a: Point, b: Point): Point => ({
    x: a.x + (b.x - a.x) * eased,
    y: a.y + (b.y - a.y) * eased,
  })
  const nodes = to.nodes.map(node => {
    const before = from.nodeById.get(node.id)?.place
    return before === undefined ? node : { ...node, place: between(before, node.place) }
  })
  const nodeById = new Map(nodes.map(node => [node.id, node]))
  const edges = to.edges.map(edge => {
    const [source, target] = [nodeById.get(edge.source), nodeById.get(edge.target)]
    // Lines go straight meanwhile: what they pass moves, too.
    return source === undefined || target === undefined
      ? edge
      : { ...edge, curve: curveOf(source, target, [], 0) }
  })
  const groups = to.groups.map(group =>
    groupBetween(
      from.groups.find(({ id }) => id === group.id),
      group,
      between,
    ),
  )
  return { ...to, nodes, nodeById, edges, groups, bundles: [], arcs: [] }
}

function groupBetween(
  from: SceneGroup | undefined,
  to: SceneGroup,
  between: (a: Point, b: Point) => Point,
): SceneGroup {
  const boxes = to.boxes.map((box, at): Box => {
    const before = from?.boxes[at]
    if (before === undefined) return box
    const corner = between({ x: before.left, y: before.top }, { x: box.left, y: box.top })
    const other = between({ x: before.right, y: before.bottom }, { x: box.right, y: box.bottom })
    return { left: corner.x, top: corner.y, right: other.x, bottom: other.y }
  })
  return { ...to, boxes }
}
