// Draws a scene as a camera sees it. Two layers: the mesh, and over it what is pointed at, so that pointing never draws the
// mesh again.

import { cardBox, overlaps } from '../geometry.ts'
import type { Target } from '../hit.ts'
import { placedLabels } from '../labels.ts'
import type { Scene, SceneEdge, SceneNode } from '../scene.ts'
import { type Look, lookOf, type Shot } from './detail.ts'
import { drawEdges, trace } from './edge.ts'
import { drawLabel, labelWidth } from './label.ts'
import { drawNode, drawRing } from './node.ts'

type Context = CanvasRenderingContext2D

/** Of a larger mesh only edges with trouble have words, unless they are pointed at. */
export const LABELLED_NODES_MAX = 250
/** How much of the mesh is hidden beside what is pointed at. */
const VEIL = 0.78
/** Width of a ring on the screen. */
const RING = 2.5

/** What is pointed at, chosen, or looked for. */
export interface Marks {
  hovered: Target | null
  selected: Target | null
  /** Ids of nodes and edges that a search found; null without a search. */
  found: ReadonlySet<string> | null
}

export function drawScene(context: Context, shot: Shot, scene: Scene): void {
  begin(context, shot, shot.palette.page)
  const look = lookOf(shot)
  drawEdges(context, scene.edges, look)
  const nodes = visible(scene.nodes, look)
  for (const node of nodes) drawNode(context, node, look)
  const isLarge = scene.nodes.length > LABELLED_NODES_MAX
  const worded = isLarge ? scene.edges.filter(({ tone }) => tone === 'warn' || tone === 'bad') : scene.edges
  drawLabels(context, worded, nodes, look)
}

export function drawMarks(context: Context, shot: Shot, scene: Scene, marks: Marks): void {
  begin(context, shot, null)
  const look = lookOf(shot)
  const lit = litBy(scene, marks)
  if (lit !== null) {
    drawVeil(context, look)
    drawLit(context, scene, lit, look)
  }
  drawRings(context, scene, marks, look)
}

/** An empty layer that takes coordinates of the drawing. */
function begin(context: Context, { view, ratio, camera }: Shot, fill: string | null): void {
  const { width, height } = context.canvas
  context.setTransform(1, 0, 0, 1, 0, 0)
  context.globalAlpha = 1
  context.clearRect(0, 0, width, height)
  if (fill !== null) {
    context.fillStyle = fill
    context.fillRect(0, 0, width, height)
  }
  const scale = ratio * camera.zoom
  const [left, top] = [view.width / 2 / camera.zoom - camera.x, view.height / 2 / camera.zoom - camera.y]
  context.setTransform(scale, 0, 0, scale, left * scale, top * scale)
}

function visible(nodes: readonly SceneNode[], { box }: Look): SceneNode[] {
  return nodes.filter(({ place }) => overlaps(cardBox(place, 2), box))
}

function drawLabels(
  context: Context,
  edges: readonly SceneEdge[],
  nodes: readonly SceneNode[],
  look: Look,
): void {
  if (look.detail !== 'near') return
  // The most important stand last in a scene.
  const inView = edges.filter(({ curve }) => overlaps(curve.box, look.box)).reverse()
  const labels = placedLabels(inView, nodes, edge => labelWidth(context, edge, look.palette))
  for (const label of labels) drawLabel(context, label, look.palette)
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
  return found === null ? null : { nodes: found, edges: found }
}

function drawVeil(context: Context, { box, palette }: Look): void {
  context.globalAlpha = VEIL
  context.fillStyle = palette.page
  context.fillRect(box.left, box.top, box.right - box.left, box.bottom - box.top)
  context.globalAlpha = 1
}

function drawLit(context: Context, scene: Scene, lit: Lit, look: Look): void {
  const edges = scene.edges.filter(({ id }) => lit.edges.has(id))
  drawEdges(context, edges, look, true)
  const nodes = visible(scene.nodes, look).filter(({ id }) => lit.nodes.has(id))
  for (const node of nodes) drawNode(context, node, look)
  drawLabels(context, edges, nodes, look)
}

function drawRings(
  context: Context,
  scene: Scene,
  { selected, hovered }: Marks,
  { palette, zoom }: Look,
): void {
  // As wide on the screen from far away as from near.
  const width = Math.max(RING, RING / zoom)
  const node = (target: Target | null) =>
    target?.kind === 'node' ? scene.nodeById.get(target.id) : undefined
  const pointed = node(hovered)
  const chosen = node(selected)
  const edge = selected?.kind === 'edge' ? scene.edgeById.get(selected.id) : undefined
  if (pointed !== undefined) drawRing(context, pointed, palette.text, width * 0.6)
  if (chosen !== undefined) drawRing(context, chosen, palette.accent, width)
  if (edge !== undefined) drawGlow(context, edge, palette.accent, width)
}

/** Along a line, so that its own colour stays. */
function drawGlow(context: Context, { curve, width: own }: SceneEdge, colour: string, width: number): void {
  context.strokeStyle = colour
  context.globalAlpha = 0.45
  context.lineWidth = own + 3 * width
  context.beginPath()
  trace(context, curve)
  context.stroke()
  context.globalAlpha = 1
}
