// Draws calls: the width says how many, the red part of the line how many of them failed, the arrow in which direction.

import type { Curve } from '../curve.ts'
import { overlaps } from '../geometry.ts'
import type { Colour, Palette } from '../palette.ts'
import type { Tone } from '../trouble.ts'
import type { Look } from './detail.ts'

type Context = CanvasRenderingContext2D

/** What of an edge or a bundle is drawn. */
export interface Line {
  curve: Curve
  width: number
  tone: Tone
  share: number | null
}

const TONE_COLOUR: Record<Tone, Colour> = { idle: 'idle', quiet: 'line', warn: 'warn', bad: 'bad' }
const TONE_ALPHA: Record<Tone, number> = { idle: 0.6, quiet: 0.8, warn: 0.9, bad: 0.9 }
/** From far away lines are thin and many. */
const FAR_ALPHA = 0.6
const FAR_WIDTH_MIN = 3
/** Lines are stroked together by width: a thousand single strokes take ten times as long. */
const WIDTHS_PER_UNIT = 2
/** Length of line in which a part stands for the share of failures. */
const SHARE_PERIOD = 24
/** Fewer failures are still to be seen. */
const SHARE_LENGTH_MIN = 2
const ARROW = 7

/** How lines are drawn that are not as others. */
export interface Manner {
  /** Opacity of all, whatever their tone. */
  alpha?: number
  /** The few that are drawn as carefully from afar as from near. */
  isCareful?: boolean
  /** Of their widths. */
  scale?: number
}

/** Draws those that are in view. */
export function drawEdges(context: Context, edges: readonly Line[], look: Look, manner: Manner = {}): void {
  const { box, palette, detail } = look
  const isFar = detail === 'far' && manner.isCareful !== true
  const scale = manner.scale ?? 1
  const visible = edges.filter(({ curve }) => overlaps(curve.box, box))
  for (const group of groups(visible)) {
    const [first] = group
    if (first === undefined) continue
    context.globalAlpha = manner.alpha ?? TONE_ALPHA[first.tone] * (isFar ? FAR_ALPHA : 1)
    context.strokeStyle = palette[TONE_COLOUR[first.tone]]
    context.fillStyle = context.strokeStyle
    context.lineWidth = isFar ? Math.max(FAR_WIDTH_MIN, first.width) : first.width * scale
    context.setLineDash(first.tone === 'idle' ? [4, 5] : [])
    context.beginPath()
    for (const { curve } of group) (isFar ? traceRoughly : trace)(context, curve)
    context.stroke()
    context.setLineDash([])
    if (isFar) continue
    context.beginPath()
    for (const edge of group) traceArrow(context, edge, scale)
    context.fill()
  }
  context.globalAlpha = manner.alpha ?? 1
  if (!isFar) drawShares(context, visible, palette, scale)
  context.globalAlpha = 1
}

/** Those of one look, in the order of the first of each. */
function groups(edges: readonly Line[]): Iterable<Line[]> {
  const found = new Map<string, Line[]>()
  for (const edge of edges) {
    const key = `${edge.tone}${Math.round(edge.width * WIDTHS_PER_UNIT)}`
    const group = found.get(key)
    if (group === undefined) found.set(key, [edge])
    else group.push(edge)
  }
  return found.values()
}

export function trace(context: Context, { start, bends }: Curve): void {
  context.moveTo(start.x, start.y)
  for (const { first, second, end } of bends) {
    context.bezierCurveTo(first.x, first.y, second.x, second.y, end.x, end.y)
  }
}

/** From far away a curve is a line. */
function traceRoughly(context: Context, { start, bends }: Curve): void {
  context.moveTo(start.x, start.y)
  for (const { end } of bends) context.lineTo(end.x, end.y)
}

/** At the end, in the direction in which the line comes. */
function traceArrow(context: Context, { curve, width }: Line, scale: number): void {
  const last = curve.bends.at(-1)
  if (last === undefined) return
  const { second, end } = last
  const length = Math.hypot(end.x - second.x, end.y - second.y) || 1
  const [dx, dy] = [(end.x - second.x) / length, (end.y - second.y) / length]
  const long = (ARROW + width * 1.6) * scale
  const wide = long * 0.45
  const [x, y] = [end.x - dx * long, end.y - dy * long]
  context.moveTo(end.x, end.y)
  context.lineTo(x - dy * wide, y + dx * wide)
  context.lineTo(x + dy * wide, y - dx * wide)
  context.closePath()
}

/** Of every stretch of line as much is red as the share of requests that failed. */
function drawShares(context: Context, edges: readonly Line[], palette: Palette, scale: number): void {
  context.strokeStyle = palette.bad
  for (const { share, curve, width, tone } of edges) {
    if (share === null || share <= 0) continue
    // A bad line is red as a whole: the part that failed is drawn wider instead.
    const length = Math.min(SHARE_PERIOD, Math.max(SHARE_LENGTH_MIN, share * SHARE_PERIOD)) * scale
    const period = SHARE_PERIOD * scale
    context.lineWidth = (width + (tone === 'quiet' ? 0.6 : 2.4)) * scale
    context.setLineDash(length >= period ? [] : [length, period - length])
    context.beginPath()
    trace(context, curve)
    context.stroke()
  }
  context.setLineDash([])
}
