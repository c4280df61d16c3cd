// Draws nodes: shape by kind; health by mark, colour and word.

import type { SchemaHealth } from '../../api/graph-schema.ts'
import { CARD } from '../geometry.ts'
import type { Colour, Palette } from '../palette.ts'
import type { SceneNode } from '../scene.ts'
import { innerLine, outline } from '../shape.ts'
import type { Detail } from './detail.ts'
import { fittingText, textWidth } from './text.ts'

type Context = CanvasRenderingContext2D

export const HEALTH_COLOUR: Record<SchemaHealth, Colour> = {
  healthy: 'ok',
  degraded: 'warn',
  failing: 'bad',
  idle: 'idle',
}
const PADDING = 16
const MARK_SIZE = 10
/** From the middle of the card to the middle of each line of words. */
const LINES = { name: -15, scope: 3, numbers: 19 }

export function drawNode(context: Context, node: SceneNode, palette: Palette, detail: Detail): void {
  if (detail === 'far') {
    drawBlock(context, node, palette)
    return
  }
  drawShape(context, node, palette)
  if (detail === 'middle') drawNameOnly(context, node, palette)
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

function drawNameOnly(context: Context, { name, place, health }: SceneNode, palette: Palette): void {
  const size = 22
  drawMark(context, health, place.x - CARD.width / 2 + PADDING + size / 2, place.y, size, palette)
  context.font = `600 ${size}px ${palette.sans}`
  context.fillStyle = palette.text
  context.textAlign = 'left'
  context.textBaseline = 'middle'
  const left = place.x - CARD.width / 2 + PADDING + size + 8
  context.fillText(fittingText(context, name, CARD.width - 2 * PADDING - size), left, place.y + 1)
}

function drawWords(context: Context, node: SceneNode, palette: Palette): void {
  const { name, scope, numbers, place, health } = node
  const [left, right] = [place.x - CARD.width / 2 + PADDING, place.x + CARD.width / 2 - PADDING]
  const room = right - left
  drawMark(context, health, left + MARK_SIZE / 2, place.y + LINES.name, MARK_SIZE, palette)
  context.textBaseline = 'middle'
  context.textAlign = 'left'
  context.font = `600 13px ${palette.sans}`
  context.fillStyle = palette.text
  const indent = MARK_SIZE + 7
  context.fillText(fittingText(context, name, room - indent), left + indent, place.y + LINES.name)

  context.font = `${health === 'healthy' ? 400 : 600} 11px ${palette.sans}`
  context.fillStyle = health === 'healthy' ? palette.muted : palette.text
  context.textAlign = 'right'
  context.fillText(health, right, place.y + LINES.scope)
  const taken = textWidth(context, health) + 8
  context.font = `11px ${palette.sans}`
  context.fillStyle = palette.muted
  context.textAlign = 'left'
  context.fillText(fittingText(context, scope, room - taken), left, place.y + LINES.scope)

  context.font = `11px ${palette.mono}`
  context.fillStyle = palette.text
  context.fillText(fittingText(context, numbers, room), left, place.y + LINES.numbers)
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
