// The outlines of nodes by their kind. All fill the same box, so that one kind can take another's place.

import type { SchemaKind } from '../api/schema.d.ts'
import { CARD, type Point } from './geometry.ts'

const [HALF_WIDTH, HALF_HEIGHT] = [CARD.width / 2, CARD.height / 2]
const CORNER = 8
/** The corners of what is outside. */
const ROUND = 26
/** How far a gateway's points stand out. */
const POINT = 12
/** Half the height of a database's lid, half the width of a queue's end. */
const LID = 5

/** What of a canvas's context (or of a `Path2D`) an outline is drawn with. */
export interface Pen {
  moveTo: (x: number, y: number) => void
  lineTo: (x: number, y: number) => void
  /** Half of one, clockwise; joined to what is there by a straight line. */
  ellipse: (x: number, y: number, rx: number, ry: number, turn: number, from: number, to: number) => void
  roundRect: (x: number, y: number, width: number, height: number, radius: number) => void
  closePath: () => void
}

/** The outline around a centre. */
export function outline(pen: Pen, kind: SchemaKind, { x, y }: Point): void {
  const [left, right, top, bottom] = [x - HALF_WIDTH, x + HALF_WIDTH, y - HALF_HEIGHT, y + HALF_HEIGHT]
  switch (kind) {
    case 'service':
      pen.roundRect(left, top, CARD.width, CARD.height, CORNER)
      break
    case 'external':
      pen.roundRect(left, top, CARD.width, CARD.height, ROUND)
      break
    case 'gateway':
      pen.moveTo(left + POINT, top)
      pen.lineTo(right - POINT, top)
      pen.lineTo(right, y)
      pen.lineTo(right - POINT, bottom)
      pen.lineTo(left + POINT, bottom)
      pen.lineTo(left, y)
      pen.closePath()
      break
    case 'database':
      pen.ellipse(x, top + LID, HALF_WIDTH, LID, 0, Math.PI, 0)
      pen.lineTo(right, bottom - LID)
      pen.ellipse(x, bottom - LID, HALF_WIDTH, LID, 0, 0, Math.PI)
      pen.closePath()
      break
    case 'queue':
      pen.ellipse(left + LID, y, LID, HALF_HEIGHT, 0, Math.PI / 2, -Math.PI / 2)
      pen.lineTo(right - LID, top)
      pen.ellipse(right - LID, y, LID, HALF_HEIGHT, 0, -Math.PI / 2, Math.PI / 2)
      pen.closePath()
      break
  }
}

/** The line inside an outline that makes a cylinder of it. */
export function innerLine(pen: Pen, kind: SchemaKind, { x, y }: Point): void {
  if (kind === 'database') {
    pen.moveTo(x + HALF_WIDTH, y - HALF_HEIGHT + LID)
    pen.ellipse(x, y - HALF_HEIGHT + LID, HALF_WIDTH, LID, 0, 0, Math.PI)
  }
  if (kind === 'queue') {
    pen.moveTo(x + HALF_WIDTH - LID, y + HALF_HEIGHT)
    pen.ellipse(x + HALF_WIDTH - LID, y, LID, HALF_HEIGHT, 0, Math.PI / 2, (3 * Math.PI) / 2)
  }
}

/** How far a shape's side stands back from its box, at a height above or below the middle. */
export function insetAt(kind: SchemaKind, dy: number): number {
  const part = Math.min(1, Math.abs(dy) / HALF_HEIGHT)
  switch (kind) {
    case 'gateway':
      return POINT * part
    case 'external':
      return ROUND * bow(Math.max(0, Math.abs(dy) - (HALF_HEIGHT - ROUND)) / ROUND)
    case 'queue':
      return LID * bow(part)
    case 'service':
    case 'database':
      return 0
  }
}

/** How far a circle stands back at a part of its radius. */
function bow(part: number): number {
  return 1 - Math.sqrt(1 - Math.min(1, part) ** 2)
}
