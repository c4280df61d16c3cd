// Draws the boxes of namespaces: a quiet frame with a name, or, folded, a lid that says what is under it.

import { counted, formatCount } from '../../ui/format.ts'
import { type Box, overlaps, type Point } from '../geometry.ts'
import { lidOf, namePadding, nameSize, type SceneGroup, titleHeight } from '../groups.ts'
import type { Palette } from '../palette.ts'
import type { Look } from './detail.ts'
import { drawMark, HEALTH_COLOUR } from './node.ts'
import { fittingText, textWidth } from './text.ts'

type Context = CanvasRenderingContext2D

const CORNER = 10
/** Of a lid: the name is as large as there is room, and not larger than this on the screen. */
const LID_PIXELS = 26
/** Of what stands below the name. */
const SMALL = 0.62
const WORDS_PIXELS_MIN = 6.5

/** The frames, under everything else. */
export function drawFrames(
  context: Context,
  groups: readonly SceneGroup[],
  { box, palette, zoom }: Look,
): void {
  for (const { boxes, isFolded } of groups) {
    for (const own of boxes) {
      if (!overlaps(own, box)) continue
      context.setLineDash(isFolded ? [6, 6] : [])
      outline(context, own)
      context.globalAlpha = 0.55
      context.fillStyle = palette.card
      context.fill()
      context.globalAlpha = 1
      context.strokeStyle = palette.border
      context.lineWidth = Math.max(1, 1 / zoom)
      context.stroke()
    }
  }
  context.setLineDash([])
}

/** Names and lids, over everything else. */
export function drawTitles(context: Context, groups: readonly SceneGroup[], look: Look): void {
  for (const group of groups) {
    const [box] = group.boxes
    if (box === undefined || !overlaps(box, look.box)) continue
    if (group.isFolded) drawLid(context, group, lidOf(box), look)
    else drawTitle(context, group, box, look)
  }
}

function outline(context: Context, { left, top, right, bottom }: Box): void {
  context.beginPath()
  context.roundRect(left, top, right - left, bottom - top, CORNER)
}

function drawTitle(context: Context, group: SceneGroup, box: Box, { palette, zoom }: Look): void {
  const height = titleHeight(box, zoom)
  const size = nameSize(box, zoom)
  const padding = namePadding(size)
  const middle = box.top + height / 2
  const left = box.left + padding
  const count = ` ${formatCount(group.count)}`
  const [strong, plain] = [`600 ${size}px ${palette.sans}`, `400 ${size}px ${palette.sans}`]
  context.font = plain
  const countWidth = textWidth(context, count)
  context.font = strong
  const room = box.right - box.left - 2 * padding - countWidth - size * 2.2
  if (room < size) return
  const name = fittingText(context, group.id, room)
  const nameWidth = textWidth(context, name)
  const words = left + size * 1.1
  // Cards may be under it, seen from afar.
  context.globalAlpha = 0.85
  context.fillStyle = palette.card
  context.beginPath()
  context.roundRect(
    left - size * 0.35,
    middle - size * 0.8,
    nameWidth + countWidth + size * 3.1,
    size * 1.6,
    size * 0.4,
  )
  context.fill()
  context.globalAlpha = 1
  drawChevron(context, { x: left + size * 0.3, y: middle }, size * 0.55, palette, false)
  write(context, name, words, middle, strong, palette.text)
  write(context, count, words + nameWidth, middle, plain, palette.muted)
  if (group.worst === 'failing' || group.worst === 'degraded')
    drawMark(context, group.worst, words + nameWidth + countWidth + size * 0.8, middle, size * 0.8, palette)
}

function drawLid(context: Context, group: SceneGroup, box: Box, { palette, zoom }: Look): void {
  const { worst, id, count } = group
  outline(context, box)
  const surface =
    worst === 'failing' ? palette.badSurface : worst === 'degraded' ? palette.warnSurface : palette.card
  context.fillStyle = surface
  context.fill()
  const isQuiet = worst === 'healthy' || worst === 'idle'
  context.strokeStyle = isQuiet ? palette.line : palette[HEALTH_COLOUR[worst]]
  context.lineWidth = Math.max(1.5, 1.5 / zoom)
  context.stroke()
  const [width, height] = [box.right - box.left, box.bottom - box.top]
  const whole = Math.min(height * 0.22, width * 0.13, Math.max(16, LID_PIXELS / zoom))
  // What could not be read is left out, and the name has its room.
  const isNameOnly = whole * SMALL * zoom < WORDS_PIXELS_MIN
  const size = isNameOnly ? Math.min(height * 0.5, width * 0.13, 14 / zoom) : whole
  const [x, y] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2]
  const small = size * SMALL
  const words = { id, count: counted(count, 'node'), trouble: troubleOf(group) }
  const lines = [
    {
      text: words.id,
      font: `600 ${size}px ${palette.sans}`,
      colour: palette.text,
      at: isNameOnly ? 0 : -0.75,
    },
    { text: words.count, font: `400 ${small}px ${palette.sans}`, colour: palette.muted, at: 0.3 },
    { text: words.trouble, font: `600 ${small}px ${palette.sans}`, colour: palette.text, at: 1.15 },
  ]
  context.textAlign = 'center'
  context.textBaseline = 'middle'
  for (const { text, font, colour, at } of isNameOnly ? lines.slice(0, 1) : lines) {
    context.font = font
    context.fillStyle = colour
    context.fillText(fittingText(context, text, width * 0.9), x, y + at * size)
  }
  if (!isNameOnly)
    drawChevron(context, { x: box.left + size * 0.7, y: box.top + size * 0.7 }, size * 0.5, palette, true)
  if (!isQuiet) drawMark(context, worst, box.right - size * 0.8, box.top + size * 0.8, size * 0.7, palette)
}

/** `2 failing, 1 degraded`, or that there is none. */
function troubleOf({ healths }: SceneGroup): string {
  const parts = (['failing', 'degraded'] as const).flatMap(health => {
    const count = healths.get(health)
    return count === undefined ? [] : [`${formatCount(count)} ${health}`]
  })
  return parts.length === 0 ? 'no trouble' : parts.join(', ')
}

/** Down where the box is open, to the right where it is folded. */
function drawChevron(
  context: Context,
  { x, y }: Point,
  size: number,
  palette: Palette,
  isFolded: boolean,
): void {
  const half = size / 2
  context.beginPath()
  if (isFolded) {
    context.moveTo(x - half * 0.5, y - half)
    context.lineTo(x + half * 0.6, y)
    context.lineTo(x - half * 0.5, y + half)
  } else {
    context.moveTo(x - half, y - half * 0.5)
    context.lineTo(x, y + half * 0.6)
    context.lineTo(x + half, y - half * 0.5)
  }
  context.strokeStyle = palette.muted
  context.lineWidth = size / 5
  context.stroke()
}

function write(context: Context, text: string, x: number, y: number, font: string, colour: string): void {
  context.font = font
  context.fillStyle = colour
  context.textAlign = 'left'
  context.textBaseline = 'middle'
  context.fillText(text, x, y)
}
