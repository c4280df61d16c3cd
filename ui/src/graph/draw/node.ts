// Draws nodes: shape by kind; health by mark, colour and word.

import type { SchemaHealth } from '../../api/schema.d.ts'
import { CARD, clamp } from '../geometry.ts'
import type { Colour, Palette } from '../palette.ts'
import type { SceneNode } from '../scene.ts'
import { innerLine, outline } from '../shape.ts'
import type { Look } from './detail.ts'
import { fittingText, textWidth } from './text.ts'

type Context = CanvasRenderingContext2D

export const HEALTH_COLOUR: Record<SchemaHealth, Colour> = {
  healthy: 'ok',
  degraded: 'warn',
  failing: 'bad',
  idle: 'idle',
}
const PADDING = 13
const MARK_SIZE = 10
/** From the middle of the card to the middle of each line of words; a database's lid takes room at the top. */
const LINES = { name: -24, scope: -7, rate: 10, latency: 25 }
const BELOW_LID = 4
/** A queue's end takes room at the right. */
const BESIDE_END = 8
const NAME_PIXELS = 11
const NAME_PADDING = 9
const NAME_GAP = 6
const NAME_SHRINK_MIN = 0.65

export function drawNode(context: Context, node: SceneNode, look: Look): void {
  const { palette, detail } = look
  if (detail === 'far') {
    drawBlock(context, node, palette)
    return
  }
  drawShape(context, node, palette)
  if (detail === 'middle') drawNameOnly(context, node, look)
  else drawWords(context, node, palette)
}

function drawBlock(context: Context, { place, health }: SceneNode, palette: Palette): void {
  context.fillStyle = health === 'healthy' ? palette.line : palette[HEALTH_COLOUR[health]]
  context.fillRect(place.x - CARD.width / 2, place.y - CARD.height / 2, CARD.width, CARD.height)
}

function drawShape(context: Context, { kind, place, health }: SceneNode, palette: Palette): void {
  context.beginPath()
  outline(context, kind, place)
  context.fillStyle =
    health === 'failing' ? palette.badSurface : health === 'degraded' ? palette.warnSurface : palette.card
  context.fill()
  // Who is well is quiet: only trouble has a coloured border.
  const isQuiet = health === 'healthy'
  context.strokeStyle = isQuiet ? palette.line : palette[HEALTH_COLOUR[health]]
  context.lineWidth = isQuiet ? 1.2 : 2
  context.setLineDash(health === 'idle' ? [5, 4] : [])
  context.stroke()
  context.beginPath()
  innerLine(context, kind, place)
  context.stroke()
  context.setLineDash([])
}

/** As large on the screen as other words, whatever the zoom; a long name is a little smaller. */
function drawNameOnly(context: Context, { name, place, health }: SceneNode, { palette, zoom }: Look): void {
  const largest = Math.round(clamp(NAME_PIXELS / zoom, 14, 26))
  const left = place.x - CARD.width / 2 + NAME_PADDING
  drawMark(context, health, left + largest / 2, place.y, largest * 0.9, palette)
  const room = CARD.width - 2 * NAME_PADDING - largest - NAME_GAP
  context.font = `600 ${largest}px ${palette.sans}`
  const size = Math.max(
    largest * NAME_SHRINK_MIN,
    Math.min(largest, (largest * room) / textWidth(context, name)),
  )
  const write = writer(context, 'left', left + largest + NAME_GAP)
  write(name, place.y + 1, room, `600 ${Math.floor(size)}px ${palette.sans}`, palette.text)
}

function drawWords(context: Context, node: SceneNode, palette: Palette): void {
  const { name, scope, rate, errors, latency, kind, place, health } = node
  const y = place.y + (kind === 'database' ? BELOW_LID : 0)
  const left = place.x - CARD.width / 2 + PADDING
  const right = place.x + CARD.width / 2 - PADDING - (kind === 'queue' ? BESIDE_END : 0)
  const isQuiet = health === 'healthy'
  const write = { left: writer(context, 'left', left), right: writer(context, 'right', right) }
  drawMark(context, health, left + MARK_SIZE / 2, y + LINES.name, MARK_SIZE, palette)
  const indent = MARK_SIZE + 7
  const writeName = writer(context, 'left', left + indent)
  writeName(name, y + LINES.name, right - left - indent, `600 13px ${palette.sans}`, palette.text)

  const small = `11px ${palette.sans}`
  const word = `${isQuiet ? 400 : 600} ${small}`
  const taken = write.right(
    health,
    y + LINES.scope,
    right - left,
    word,
    isQuiet ? palette.muted : palette.text,
  )
  write.left(scope, y + LINES.scope, right - left - taken - 8, small, palette.muted)

  const mono = `11px ${palette.mono}`
  const share = write.right(
    errors,
    y + LINES.rate,
    right - left,
    mono,
    isQuiet ? palette.muted : palette.text,
  )
  write.left(rate, y + LINES.rate, right - left - share - 6, mono, palette.text)
  write.left(latency, y + LINES.latency, right - left, mono, palette.muted)
}

type Write = (text: string, y: number, room: number, font: string, colour: string) => number

/** Writes lines that begin or end at a place; each returns the width that it took. */
function writer(context: Context, align: 'left' | 'right', x: number): Write {
  return (text, y, room, font, colour) => {
    if (text === '') return 0
    context.font = font
    context.fillStyle = colour
    context.textAlign = align
    context.textBaseline = 'middle'
    const fitting = fittingText(context, text, room)
    context.fillText(fitting, x, y)
    return textWidth(context, fitting)
  }
}

/** The marks of `ui/mark.tsx`: circle, triangle, diamond, dashed circle. */
export function drawMark(
  context: Context,
  health: SchemaHealth,
  x: number,
  y: number,
  size: number,
  palette: Palette,
): void {
  const half = size / 2
  context.beginPath()
  switch (health) {
    case 'healthy':
      context.arc(x, y, half * 0.8, 0, 2 * Math.PI)
      break
    case 'degraded':
      context.moveTo(x, y - half)
      context.lineTo(x + half, y + half * 0.85)
      context.lineTo(x - half, y + half * 0.85)
      context.closePath()
      break
    case 'failing':
      context.moveTo(x, y - half)
      context.lineTo(x + half, y)
      context.lineTo(x, y + half)
      context.lineTo(x - half, y)
      context.closePath()
      break
    case 'idle':
      context.arc(x, y, half * 0.72, 0, 2 * Math.PI)
  }
  const colour = palette[HEALTH_COLOUR[health]]
  if (health === 'idle') {
    context.strokeStyle = colour
    context.lineWidth = size / 7
    context.setLineDash([size / 4.5, size / 6])
    context.stroke()
    context.setLineDash([])
  } else {
    context.fillStyle = colour
    context.fill()
  }
}

/** A ring around a node: selected, or found. */
export function drawRing(context: Context, { kind, place }: SceneNode, colour: string, width: number): void {
  context.beginPath()
  outline(context, kind, place)
  context.strokeStyle = colour
  context.lineWidth = width
  context.stroke()
}
