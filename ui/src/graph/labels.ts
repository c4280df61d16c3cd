// Where the words of calls stand: on their line, never on a card or on another's words. Rather none than one that cannot be
// read.

import { Boxes } from './boxes.ts'
import { pointAlong } from './curve.ts'
import { type Box, cardBox, type Point } from './geometry.ts'
import type { SceneEdge, SceneNode } from './scene.ts'

export interface Label {
  edge: SceneEdge
  centre: Point
  box: Box
}

export const LABEL_HEIGHT = 16
/** Parts of the line, the middle first. */
const PARTS = [0.5, 0.3, 0.7, 0.18, 0.82]
/** So many labels can still be told apart on any screen. */
const LABELS_MAX = 150
const CELL = { width: 120, height: 120 }

/**
 * The first edges are served first. `widthOf` is that of a label with everything that belongs to it; `titles` is what stands
 * in the drawing besides cards.
 */
export function placedLabels(
  edges: readonly SceneEdge[],
  nodes: readonly SceneNode[],
  widthOf: (edge: SceneEdge) => number,
  titles: readonly Box[] = [],
): Label[] {
  const taken = new Boxes(CELL)
  for (const { place } of nodes) taken.add(cardBox(place, 2))
  for (const title of titles) taken.add(title)
  const labels: Label[] = []
  for (const edge of edges) {
    if (labels.length === LABELS_MAX) break
    const [width, height] = [widthOf(edge) / 2, LABEL_HEIGHT / 2]
    for (const part of PARTS) {
      const centre = pointAlong(edge.curve, part)
      const { x, y } = centre
      const box = { left: x - width, right: x + width, top: y - height, bottom: y + height }
      if (taken.meets(box)) continue
      taken.add(box)
      labels.push({ edge, centre, box })
      break
    }
  }
  return labels
}
