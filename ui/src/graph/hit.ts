// What lies under the pointer, and who stands in a direction.

import type { Bundle } from './bundles.ts'
import { type Curve, distanceTo } from './curve.ts'
import { isOverview } from './draw/detail.ts'
import { type Box, CARD, cardBox, contains, type Point } from './geometry.ts'
import { groupAt, lidOf, type SceneGroup } from './groups.ts'
import type { Scene, SceneNode } from './scene.ts'

/** What can be selected. */
export type Target = { kind: 'node'; id: string } | { kind: 'edge'; id: string }
/** What can be pointed at: also the name of a namespace, and a line that stands for many calls. */
export type Hit = Target | { kind: 'group'; id: string } | { kind: 'bundle'; id: string }

export function isSame(a: Hit | null, b: Hit | null): boolean {
  return a?.kind === b?.kind && a?.id === b?.id
}

export function isTarget(hit: Hit | null): hit is Target {
  return hit?.kind === 'node' || hit?.kind === 'edge'
}

/** A name before a card before a line; of lines the nearest that is not further away than `reach`. */
export function hitAt(scene: Scene, point: Point, reach: number, zoom: number): Hit | null {
  const group = groupAt(scene.groups, point, zoom)
  if (group !== null) return { kind: 'group', id: group.id }
  const node = nodeAt(scene, point)
  if (node !== null) return { kind: 'node', id: node.id }
  const isFromAfar = isOverview(scene, zoom)
  const edges = isFromAfar ? scene.edges.filter(({ isCross }) => !isCross) : scene.edges
  const edge = nearest(edges, point, reach)
  if (edge !== null) return { kind: 'edge', id: edge.id }
  const bundle = nearest(isFromAfar ? scene.arcs : scene.bundles, point, reach)
  return bundle === null ? null : { kind: 'bundle', id: bundle.id }
}

export function nodeAt(scene: Scene, point: Point): SceneNode | null {
  return scene.nodes.findLast(({ place }) => contains(cardBox(place), point)) ?? null
}

export function bundleOf(scene: Scene, id: string): Bundle | undefined {
  return scene.bundles.find(bundle => bundle.id === id) ?? scene.arcs.find(arc => arc.id === id)
}

/** What all of it is in; null where it is not in the scene. */
export function boxOf(scene: Scene, { kind, id }: Hit): Box | null {
  switch (kind) {
    case 'edge':
      return scene.edgeById.get(id)?.curve.box ?? null
    case 'bundle':
      return bundleOf(scene, id)?.curve.box ?? null
    case 'group':
      return scene.groups.find(group => group.id === id)?.boxes[0] ?? null
    case 'node': {
      const node = scene.nodeById.get(id)
      return node === undefined ? null : cardBox(node.place)
    }
  }
}

/** The nearest line. */
function nearest<Line extends { curve: Curve; width: number }>(
  lines: readonly Line[],
  point: Point,
  reach: number,
): Line | null {
  let [found, least] = [null as Line | null, reach]
  for (const line of lines) {
    const { left, top, right, bottom } = line.curve.box
    const isFar =
      point.x < left - reach || point.x > right + reach || point.y < top - reach || point.y > bottom + reach
    if (isFar) continue
    const distance = distanceTo(line.curve, point) - line.width / 2
    if (distance <= least) [found, least] = [line, distance]
  }
  return found
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

/** The next node or folded namespace in a direction; null at the edge of the drawing. */
export function nextTo(scene: Scene, from: string, direction: Direction): Stop | null {
  const stops = stopsOf(scene)
  const start = stops.find(({ id }) => id === from)
  if (start === undefined) return null
  // Who stands in the same column is not to the right, however far off it is.
  const least = direction === 'left' || direction === 'right' ? CARD.width / 2 : CARD.height / 2
  let [best, cost] = [null as Stop | null, Number.POSITIVE_INFINITY]
  for (const stop of stops) {
    const [along, aside] = TURNS[direction](stop.place.x - start.place.x, stop.place.y - start.place.y)
    if (along < least) continue
    const now = along + ASIDE * Math.abs(aside)
    if (now < cost) [best, cost] = [stop, now]
  }
  return best
}

/** Where keys can be. */
export interface Stop {
  /** Of a node, or of a folded namespace as `stopOfGroup` has it. */
  id: string
  place: Point
  box: Box
}

/** No node has such an id. */
export const stopOfGroup = (namespace: string) => `namespace ${namespace}`

export function stopsOf({ nodes, groups }: Scene): Stop[] {
  const folded = groups.flatMap(group => {
    const stop = stopAt(group)
    return stop === null ? [] : [stop]
  })
  return [...nodes.map(nodeStop), ...folded]
}

export function stopOf({ nodeById, groups }: Scene, id: string): Stop | null {
  const node = nodeById.get(id)
  if (node !== undefined) return nodeStop(node)
  const group = groups.find(group => stopOfGroup(group.id) === id)
  return group === undefined ? null : stopAt(group)
}

const nodeStop = ({ id, place }: SceneNode): Stop => ({ id, place, box: cardBox(place) })

/** Null where it is open: then its nodes are the stops. */
function stopAt({ id, isFolded, boxes: [box] }: SceneGroup): Stop | null {
  if (!isFolded || box === undefined) return null
  const place = { x: (box.left + box.right) / 2, y: (box.top + box.bottom) / 2 }
  return { id: stopOfGroup(id), place, box: lidOf(box) }
}
