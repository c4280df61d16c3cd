// Places and sizes of the drawing, in its own units: a pixel at zoom 1. x grows to the right, y downwards.

export interface Point {
  x: number
  y: number
}

export interface Box {
  left: number
  top: number
  right: number
  bottom: number
}

export interface Size {
  width: number
  height: number
}

/** A node's card, whatever its shape. */
export const CARD: Size = { width: 152, height: 76 }
/** Between two columns there is room for an arrow and its label. */
export const COLUMN_GAP = 118
export const ROW_GAP = 32

/** The box of a card around its centre. */
export function cardBox({ x, y }: Point, margin = 0): Box {
  const [width, height] = [CARD.width / 2 + margin, CARD.height / 2 + margin]
  return { left: x - width, top: y - height, right: x + width, bottom: y + height }
}

export function overlaps(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom
}

export function contains(box: Box, { x, y }: Point): boolean {
  return x >= box.left && x <= box.right && y >= box.top && y <= box.bottom
}

/** The smallest box around all of them; null around nothing. */
export function around(boxes: Iterable<Box>): Box | null {
  let all: Box | null = null
  for (const box of boxes) {
    if (all === null) {
      all = { ...box }
      continue
    }
    all.left = Math.min(all.left, box.left)
    all.top = Math.min(all.top, box.top)
    all.right = Math.max(all.right, box.right)
    all.bottom = Math.max(all.bottom, box.bottom)
  }
  return all
}

export function clamp(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value))
}
