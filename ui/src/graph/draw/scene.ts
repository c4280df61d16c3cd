// Draws a scene as a camera sees it. Two layers: the mesh, and over it what is pointed at, so that pointing never draws the
// mesh again.

import { pointAlong } from '../curve.ts'
import { bundleWords, edgeWords, type Label } from '../edge-words.ts'
import { cardBox, overlaps } from '../geometry.ts'
import { titleBox } from '../groups.ts'
import { bundleOf, type Hit, type Target } from '../hit.ts'
import { LABEL_HEIGHT, placedLabels } from '../labels.ts'
import { LARGE, neighboursOf, type Scene, type SceneEdge, type SceneNode } from '../scene.ts'
import { isOverview, type Look, lookOf, type Shot } from './detail.ts'
import { drawEdges, type Line, trace } from './edge.ts'
import { drawFrames, drawTitles } from './group.ts'
import { drawLabel, labelWidth, type Words } from './label.ts'
import { drawNode, drawRing } from './node.ts'

type Context = CanvasRenderingContext2D

/** How much of the mesh is hidden beside what is pointed at. */
const VEIL = 0.78
/** Width of a ring on the screen. */
const RING = 2.5
/** From afar a line that stands for many is as wide on the screen as this part of it. */
const ARC_PART = 0.4
const QUIET_ARC = 0.4
/** Of a large mesh calls between namespaces are a haze. */
const HAZE = 0.18

/** What is pointed at, chosen, or looked for. */
export interface Marks {
  hovered: Hit | null
  selected: Target | null
  /** Ids of nodes and edges that a search found; null without a search. */
  found: ReadonlySet<string> | null
}

export function drawScene(context: Context, shot: Shot, scene: Scene, label: Label): void {
  begin(context, shot, shot.palette.page)
  const look = lookOf(shot)
  drawFrames(context, scene.groups, look)
  const edges = drawCalls(context, scene, look)
  const nodes = visible(scene.nodes, look)
  for (const node of nodes) drawNode(context, node, look)
  drawTitles(context, scene.groups, look)
  const isLarge = scene.nodes.length > LARGE
  const worded = isLarge ? edges.filter(({ tone }) => tone === 'warn' || tone === 'bad') : edges
  drawLabels(context, scene, worded, nodes, look, label)
}

/** Draws the calls as they are seen at a zoom; returns those that are seen one by one. */
function drawCalls(context: Context, scene: Scene, look: Look): readonly SceneEdge[] {
  if (scene.arcs.length === 0) {
    drawEdges(context, scene.edges, look)
    drawEdges(context, scene.bundles, look, { isCareful: true, scale: arcScale(look) })
    return scene.edges
  }
  const inside = scene.edges.filter(({ isCross }) => !isCross)
  if (isOverview(scene, look.zoom)) {
    drawEdges(context, inside, look)
    drawArcs(context, scene, look)
    return inside
  }
  const isSeen = (id: string) => {
    const place = scene.nodeById.get(id)?.place
    return place !== undefined && overlaps(cardBox(place), look.box)
  }
  const between = scene.edges.filter(
    ({ isCross, source, target }) => isCross && (isSeen(source) || isSeen(target)),
  )
  drawEdges(context, between, look, { alpha: HAZE })
  drawEdges(context, inside, look)
  drawEdges(context, scene.bundles, look, { isCareful: true, scale: arcScale(look) })
  return inside
}

/** Those that are well are there to be followed, not to be seen first. */
function drawArcs(context: Context, { arcs }: Scene, look: Look): void {
  const isQuiet = ({ tone }: Line) => tone === 'quiet' || tone === 'idle'
  const scale = arcScale(look)
  drawEdges(context, arcs.filter(isQuiet), look, { isCareful: true, scale, alpha: QUIET_ARC })
  drawEdges(
    context,
    arcs.filter(arc => !isQuiet(arc)),
    look,
    { isCareful: true, scale },
  )
}

export function drawMarks(context: Context, shot: Shot, scene: Scene, marks: Marks, label: Label): void {
  begin(context, shot, null)
  const look = lookOf(shot)
  const lit = litBy(scene, marks)
  if (lit !== null) {
    drawVeil(context, look)
    drawLit(context, scene, lit, look, label)
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
  { groups }: Scene,
  edges: readonly SceneEdge[],
  nodes: readonly SceneNode[],
  look: Look,
  label: Label,
): void {
  if (look.detail !== 'near' || label === 'off') return
  // The most important stand last in a scene.
  const inView = edges.filter(({ curve }) => overlaps(curve.box, look.box)).reverse()
  const words = (edge: SceneEdge): Words => ({
    text: edgeWords(edge, label),
    tone: edge.tone,
    lock: edge.lock,
  })
  const titles = groups
    .flatMap(group => titleBox(group, look.zoom) ?? [])
    .filter(box => overlaps(box, look.box))
  const labels = placedLabels(inView, nodes, edge => labelWidth(context, words(edge), look.palette), titles)
  for (const { edge, centre, box } of labels) drawLabel(context, words(edge), centre, box, look.palette)
}

interface Lit {
  nodes: ReadonlySet<string>
  edges: ReadonlySet<string>
  bundles: readonly (Line & { text: string })[]
  groups: ReadonlySet<string>
}

const NOTHING: ReadonlySet<string> = new Set()

/** What stays bright; null if all of it does. */
function litBy(scene: Scene, { hovered, found }: Marks): Lit | null {
  switch (hovered?.kind) {
    case 'node':
      if (!scene.nodeById.has(hovered.id)) return null
      return { ...neighboursOf(scene, hovered.id), bundles: bundlesOf(scene, hovered), groups: NOTHING }
    case 'edge': {
      const edge = scene.edgeById.get(hovered.id)
      if (edge === undefined) return null
      const nodes = new Set([edge.source, edge.target])
      return { nodes, edges: new Set([edge.id]), bundles: [], groups: NOTHING }
    }
    case 'bundle': {
      const bundle = bundleOf(scene, hovered.id)
      if (bundle === undefined) return null
      return litEnds(scene, [{ ...bundle, text: bundleWords(bundle) }])
    }
    case 'group':
      return scene.groups.some(({ id, isFolded }) => id === hovered.id && isFolded)
        ? litEnds(scene, bundlesOf(scene, hovered), hovered.id)
        : null
    case undefined:
      return found === null ? null : { nodes: found, edges: found, bundles: [], groups: NOTHING }
  }
}

/** The bundles that end in a node or a namespace. */
function bundlesOf({ bundles }: Scene, { kind, id }: Hit) {
  const isEnd = (end: { kind: string; id: string }) => end.kind === kind && end.id === id
  return bundles
    .filter(({ source, target }) => isEnd(source) || isEnd(target))
    .map(bundle => ({ ...bundle, text: bundleWords(bundle) }))
}

function litEnds({ groups }: Scene, bundles: ReturnType<typeof bundlesOf>, id?: string): Lit {
  const ends = bundles.flatMap(({ source, target }) => [source, target])
  const ids = (kind: string) => ends.filter(end => end.kind === kind).map(end => end.id)
  const folded = new Set(groups.filter(({ isFolded }) => isFolded).map(group => group.id))
  const lit = [...ids('group'), ...(id === undefined ? [] : [id])].filter(name => folded.has(name))
  return { nodes: new Set(ids('node')), edges: NOTHING, bundles, groups: new Set(lit) }
}

function drawVeil(context: Context, { box, palette }: Look): void {
  context.globalAlpha = VEIL
  context.fillStyle = palette.page
  context.fillRect(box.left, box.top, box.right - box.left, box.bottom - box.top)
  context.globalAlpha = 1
}

function drawLit(context: Context, scene: Scene, lit: Lit, look: Look, label: Label): void {
  const edges = scene.edges.filter(({ id }) => lit.edges.has(id))
  drawEdges(context, edges, look, { alpha: 1, isCareful: true })
  drawEdges(context, lit.bundles, look, { alpha: 1, isCareful: true, scale: arcScale(look) })
  const nodes = visible(scene.nodes, look).filter(({ id }) => lit.nodes.has(id))
  for (const node of nodes) drawNode(context, node, look)
  drawTitles(
    context,
    scene.groups.filter(({ id }) => lit.groups.has(id)),
    look,
  )
  drawLabels(context, scene, edges, nodes, look, label === 'off' ? 'auto' : label)
  for (const bundle of lit.bundles) drawBundleWords(context, bundle, look)
}

/** As large on the screen from afar as from near. */
function drawBundleWords(context: Context, bundle: Line & { text: string }, look: Look): void {
  const { x, y } = pointAlong(bundle.curve, 0.5)
  const words: Words = { text: bundle.text, tone: bundle.tone, lock: null }
  const width = labelWidth(context, words, look.palette) / 2
  context.save()
  context.translate(x, y)
  context.scale(1 / look.zoom, 1 / look.zoom)
  const box = { left: -width, right: width, top: -LABEL_HEIGHT / 2, bottom: LABEL_HEIGHT / 2 }
  drawLabel(context, words, { x: 0, y: 0 }, box, look.palette)
  context.restore()
}

/** Lines that stand for many are seen from afar, too. */
function arcScale({ zoom }: Look): number {
  return Math.max(1, ARC_PART / zoom)
}

function drawRings(
  context: Context,
  scene: Scene,
  { selected, hovered }: Marks,
  { palette, zoom }: Look,
): void {
  // As wide on the screen from far away as from near.
  const width = Math.max(RING, RING / zoom)
  const node = (target: Hit | null) => (target?.kind === 'node' ? scene.nodeById.get(target.id) : undefined)
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
