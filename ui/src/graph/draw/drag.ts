// Draws a node that is being put elsewhere: the node and its calls where the hand is, and the place that it left.

import { curveOf } from '../curve.ts'
import { cardBox, type Point } from '../geometry.ts'
import type { Scene } from '../scene.ts'
import { lookOf, type Shot } from './detail.ts'
import { drawEdges } from './edge.ts'
import { drawNode, drawRing } from './node.ts'

type Context = CanvasRenderingContext2D

export function drawDrag(
  context: Context,
  shot: Shot,
  scene: Scene,
  { id, place }: { id: string; place: Point },
): void {
  const node = scene.nodeById.get(id)
  if (node === undefined) return
  const look = lookOf(shot)
  const { left, top, right, bottom } = cardBox(node.place, 2)
  context.globalAlpha = 0.75
  context.fillStyle = look.palette.page
  context.fillRect(left, top, right - left, bottom - top)
  context.globalAlpha = 1
  const dragged = { ...node, place }
  const standing = (end: string) => (end === id ? dragged : scene.nodeById.get(end))
  const lines = scene.edges.flatMap(edge => {
    if (edge.source !== id && edge.target !== id) return []
    const [source, target] = [standing(edge.source), standing(edge.target)]
    return source === undefined || target === undefined
      ? []
      : [{ ...edge, curve: curveOf(source, target, [], 0) }]
  })
  drawEdges(context, lines, look)
  drawNode(context, dragged, look)
  drawRing(context, dragged, look.palette.accent, 2 / look.zoom)
}
