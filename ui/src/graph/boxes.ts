// Boxes that are taken, found by the cells of a grid that they touch.

import { type Box, contains, overlaps, type Point, type Size } from './geometry.ts'

export class Boxes {
  private readonly cell: Size
  private readonly cells = new Map<string, Box[]>()

  /** Cells are best as large as what is kept in them. */
  constructor(cell: Size) {
    this.cell = cell
  }

  add(box: Box): void {
    for (const cell of this.cellsOf(box)) {
      const boxes = this.cells.get(cell)
      if (boxes === undefined) this.cells.set(cell, [box])
      else boxes.push(box)
    }
  }

  meets(box: Box): boolean {
    return this.cellsOf(box).some(cell => this.cells.get(cell)?.some(other => overlaps(box, other)))
  }

  /** One of those in which a point is. */
  at(point: Point): Box | null {
    const { width, height } = this.cell
    const cell = `${Math.floor(point.x / width)},${Math.floor(point.y / height)}`
    return this.cells.get(cell)?.find(box => contains(box, point)) ?? null
  }

  /** All that meet a box. */
  touching(box: Box): Box[] {
    const met = this.cellsOf(box).flatMap(cell => this.cells.get(cell) ?? [])
    return [...new Set(met)].filter(other => overlaps(box, other))
  }

  private cellsOf({ left, top, right, bottom }: Box): string[] {
    const { width, height } = this.cell
    const cells: string[] = []
    for (let x = Math.floor(left / width); x <= Math.floor(right / width); x += 1) {
      for (let y = Math.floor(top / height); y <= Math.floor(bottom / height); y += 1) cells.push(`${x},${y}`)
    }
    return cells
  }
}
