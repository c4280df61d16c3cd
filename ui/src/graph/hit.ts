// What lies under the pointer, and who stands in a direction.

import { distanceTo } from './curve.ts'
import { CARD, cardBox, contains, type Point } from './geometry.ts'
import type { Scene, SceneEdge, SceneNode } from './scene.ts'

export type Target = { kind: 'node'; id: string } | { kind: 'edge'; id: string }

export function isSame(a: Target | null, b: Target | null): boolean {
  return a?.kind === b?.kind && a?.id === b?.id
}

/** A card before a line; of lines the nearest that is not further away than `reach`. */
export function targetAt(scene: Scene, point: Point, reach: number): Target | null {
  const node = scene.nodes.findLast(({ place }) => contains(cardBox(place), point))
  if (node !== undefined) return { kind: 'node', id: node.id }
  let [nearest, least] = [null as SceneEdge | null, reach]
  for (const edge of scene.edges) {
    const { left, top, right, bottom } = edge.curve.box
    if (
      point.x < left - reach ||
      point.x > right + reach ||
      point.y < top - reach ||
      point.y > bottom + reach
    )
      continue
    const distance = distanceTo(edge.curve, point) - edge.width / 2
    if (distance <= least) [nearest, least] = [edge, distance]
  }
  return nearest === null ? null : { kind: 'edge', id: nearest.id }
}

export type Direction = 'left' | 'right' | 'up' | 'down'

const TURNS: Record<Direction, (dx: number, dy: number) => [along: number, aside: number]> = {
  right: (dx, dy) => [dx, dy],
  left: (dx, dy) => [-dx, dy],
  down: (dx, dy) => [dy, dx],
  up: (dx, dy) => [-dy, dx],
}
/** Who stands aside must be so much nearer. */
const ASIDE = 2

/** The next node in a direction; null at the edge of the drawing. */
export function nextTo(scene: Scene, from: string, direction: Direction): SceneNode | null {
  const start = scene.nodeById.get(from)
  if (start === undefined) return null
  // Who stands in the same column is not to the right, however far off it is.
  const least = direction === 'left' || direction === 'right' ? CARD.width / 2 : CARD.height / 2
  let [best, cost] = [null as SceneNode | null, Number.POSITIVE_INFINITY]
  for (const node of scene.nodes) {
    const [along, aside] = TURNS[direction](node.place.x - start.place.x, node.place.y - start.place.y)
    if (along < least) continue
    const now = along + ASIDE * Math.abs(aside)
    if (now < cost) [best, cost] = [node, now]
  }
  return best
}
