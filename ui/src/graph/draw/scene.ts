// Draws a scene as a camera sees it. Two layers: the mesh, and over it what is pointed at, so that pointing never draws the
// mesh again.

import { type Camera, inView } from '../camera.ts'
import { type Box, cardBox, overlaps, type Size } from '../geometry.ts'
import type { Target } from '../hit.ts'
import { placedLabels } from '../labels.ts'
import type { Palette } from '../palette.ts'
import type { Scene, SceneEdge, SceneNode } from '../scene.ts'
import { type Detail, detailAt } from './detail.ts'
import { drawEdges } from './edge.ts'
import { drawLabel, labelWidth } from './label.ts'
import { drawNode, drawRing } from './node.ts'

type Context = CanvasRenderingContext2D

/** Of a larger mesh only calls with trouble have words, unless they are pointed at. */
export const LABELLED_NODES_MAX = 250
/** How much of the mesh shows through beside what is pointed at. */
const VEIL = 0.78

/** What is pointed at, chosen, or looked for. */
export interface Marks {
  hovered: Target | null
  selected: Target | null
  /** Ids of nodes that a search found; null without a search. */
  found: ReadonlySet<string> | null
}

export function drawScene(
  context: Context,
  view: Size,
  ratio: number,
  camera: Camera,
  scene: Scene,
  palette: Palette,
): void {
  begin(context, view, ratio, camera, palette.page)
  const box = inView(camera, view)
  const detail = detailAt(camera.zoom)
  drawEdges(context, scene.edges, box, palette, detail)
  const nodes = scene.nodes.filter(({ place }) => overlaps(cardBox(place, 2), box))
  for (const node of nodes) drawNode(context, node, palette, detail)
  if (detail !== 'near') return
  const isLarge = scene.nodes.length > LABELLED_NODES_MAX
  const worded = scene.edges.filter(
    ({ curve, tone }) => overlaps(curve.box, box) && !(isLarge && (tone === 'quiet' || tone === 'idle')),
  )
  drawLabels(context, worded, nodes, palette)
}

function drawLabels(
  context: Context,
  edges: readonly SceneEdge[],
  nodes: readonly SceneNode[],
  palette: Palette,
): void {
  // The most important stand last in a scene.
  const labels = placedLabels(edges.toReversed(), nodes, edge => labelWidth(context, edge, palette))
  for (const label of labels) drawLabel(context, label, palette)
}

/** An empty layer that takes coordinates of the drawing. */
function begin(
  context: Context,
  view: Size,
  ratio: number,
  { x, y, zoom }: Camera,
  fill: string | null,
): void {
  context.setTransform(1, 0, 0, 1, 0, 0)
  context.globalAlpha = 1
  context.clearRect(0, 0, context.canvas.width, context.canvas.height)
  if (fill !== null) {
    context.fillStyle = fill
    context.fillRect(0, 0, context.canvas.width, context.canvas.height)
  }
  const scale = ratio * zoom
  const [left, top] = [view.width / 2 / zoom - x, view.height / 2 / zoom - y]
  context.setTransform(scale, 0, 0, scale, left * scale, top * scale)
}

export function drawMarks(
  context: Context,
  view: Size,
  ratio: number,
  camera: Camera,
  scene: Scene,
  marks: Marks,
  palette: Palette,
): void {
  begin(context, view, ratio, camera, null)
  const box = inView(camera, view)
  const detail = detailAt(camera.zoom)
  const lit = litBy(scene, marks)
  if (lit !== null) {
    context.globalAlpha = VEIL
    context.fillStyle = palette.page
    context.fillRect(box.left, box.top, box.right - box.left, box.bottom - box.top)
    context.globalAlpha = 1
    drawLit(context, scene, lit, box, palette, detail)
  }
  drawRings(context, scene, marks, palette, camera.zoom)
}

interface Lit {
  nodes: ReadonlySet<string>
  edges: ReadonlySet<string>
}

/** What stays bright; null if all of it does. */
function litBy(scene: Scene, { hovered, found }: Marks): Lit | null {
  if (hovered?.kind === 'node') return scene.neighbours.get(hovered.id) ?? null
  if (hovered?.kind === 'edge') {
    const edge = scene.edgeById.get(hovered.id)
    return edge === undefined
      ? null
      : { nodes: new Set([edge.source, edge.target]), edges: new Set([edge.id]) }
  }
  return found === null ? null : { nodes: found, edges: new Set() }
}

function drawLit(context: Context, scene: Scene, lit: Lit, box: Box, palette: Palette, detail: Detail): void {
  const edges = scene.edges.filter(({ id }) => lit.edges.has(id))
  drawEdges(context, edges, box, palette, detail, true)
  const nodes = scene.nodes.filter(({ id, place }) => lit.nodes.has(id) && overlaps(cardBox(place, 2), box))
  for (const node of nodes) drawNode(context, node, palette, detail)
  if (detail === 'near')
    drawLabels(
      context,
      edges.filter(({ curve }) => overlaps(curve.box, box)),
      nodes,
      palette,
    )
}

function drawRings(
  context: Context,
  scene: Scene,
  { selected, hovered }: Marks,
  palette: Palette,
  zoom: number,
): void {
  // As wide on the screen from far away as from near.
  const width = Math.max(2.5, 2.5 / zoom)
  if (selected?.kind === 'node') {
    const node = scene.nodeById.get(selected.id)
    if (node !== undefined) drawRing(context, node, palette.accent, width)
  }
  if (selected?.kind === 'edge') {
    const edge = scene.edgeById.get(selected.id)
    if (edge !== undefined) drawChosenEdge(context, edge, palette, width)
  }
  if (hovered?.kind === 'node' && hovered.id !== selected?.id) {
    const node = scene.nodeById.get(hovered.id)
    if (node !== undefined) drawRing(context, node, palette.text, width * 0.6)
  }
}

/** A glow along the line, so that its own colour stays. */
function drawChosenEdge(
  context: Context,
  { curve, width: own }: SceneEdge,
  palette: Palette,
  width: number,
): void {
  context.strokeStyle = palette.accent
  context.globalAlpha = 0.45
  context.lineWidth = own + 3 * width
  context.beginPath()
  context.moveTo(curve.start.x, curve.start.y)
  for (const { first, second, end } of curve.bends) {
    context.bezierCurveTo(first.x, first.y, second.x, second.y, end.x, end.y)
  }
  context.stroke()
  context.globalAlpha = 1
}
