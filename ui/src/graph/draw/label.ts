// Draws the words of calls, and the lock of those of which it is known how they are encrypted.

import type { Box, Point } from '../geometry.ts'
import { LABEL_HEIGHT } from '../labels.ts'
import type { Palette } from '../palette.ts'
import type { Tone } from '../trouble.ts'
import { textWidth } from './text.ts'

type Context = CanvasRenderingContext2D

const PADDING = 5
const LOCK = { width: 9, gap: 5 }

/** What is written on a line. */
export interface Words {
  text: string
  tone: Tone
  lock: 'closed' | 'open' | null
}

function fontOf({ tone }: Words, palette: Palette): string {
  return `${tone === 'bad' || tone === 'warn' ? 600 : 400} 11px ${palette.mono}`
}

export function labelWidth(context: Context, words: Words, palette: Palette): number {
  context.font = fontOf(words, palette)
  const lock = words.lock === null ? 0 : LOCK.width + LOCK.gap
  return textWidth(context, words.text) + lock + 2 * PADDING
}

export function drawLabel(context: Context, words: Words, centre: Point, box: Box, palette: Palette): void {
  context.globalAlpha = 0.9
  context.fillStyle = palette.page
  context.beginPath()
  context.roundRect(box.left, box.top, box.right - box.left, LABEL_HEIGHT, 4)
  context.fill()
  context.globalAlpha = 1
  let left = box.left + PADDING
  if (words.lock !== null) {
    drawLock(context, words.lock, left + LOCK.width / 2, centre.y, palette)
    left += LOCK.width + LOCK.gap
  }
  context.font = fontOf(words, palette)
  context.fillStyle = words.tone === 'quiet' || words.tone === 'idle' ? palette.muted : palette.text
  context.textAlign = 'left'
  context.textBaseline = 'middle'
  context.fillText(words.text, left, centre.y + 0.5)
}

/** Closed: all of it is under mutual TLS. Open, in amber: not all of it. */
function drawLock(context: Context, lock: 'closed' | 'open', x: number, y: number, palette: Palette): void {
  const colour = lock === 'closed' ? palette.muted : palette.warn
  context.fillStyle = colour
  context.strokeStyle = colour
  context.lineWidth = 1.4
  context.fillRect(x - 4, y - 0.5, 8, 5.5)
  context.beginPath()
  const lift = lock === 'closed' ? 0 : 1.5
  context.arc(lock === 'closed' ? x : x + 2.5, y - 1.5 - lift, 2.5, Math.PI, 0)
  context.moveTo((lock === 'closed' ? x : x + 2.5) - 2.5, y - 1.5 - lift)
  context.lineTo((lock === 'closed' ? x : x + 2.5) - 2.5, y)
  if (lock === 'closed') {
    context.moveTo(x + 2.5, y - 1.5)
    context.lineTo(x + 2.5, y)
  }
  context.stroke()
}
