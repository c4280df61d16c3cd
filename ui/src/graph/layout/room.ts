// Where there is room in a picture that stands: no card meets another, no box meets another, and nobody stands in the box of
// a namespace that is not its own.

import { Boxes } from '../boxes.ts'
import { around, type Box, CARD, COLUMN_GAP, cardBox, overlaps, type Point, ROW_GAP } from '../geometry.ts'
import { BOX_PADDING, BOX_TITLE, boxOfPlaces } from './grouped.ts'

export const STEP = { x: CARD.width + COLUMN_GAP, y: CARD.height + ROW_GAP }
/** Between two cards at least this is free. */
const MARGIN = 10
/** Between two boxes. */
const BOX_MARGIN = 14
/** So many columns to each side are searched, and rows as far as it takes. */
const COLUMNS_ASIDE = 2
/** A box does not grow further than so many rows for one more node: that then has a box of its own. */
const RINGS_AT_HOME = 24

export class Room {
  private readonly cards = new Boxes({ width: STEP.x, height: STEP.y })
  /** Cards of those beside the boxes. */
  private readonly loose: Box[] = []
  readonly boxes: Map<string, Box[]>

  constructor(boxes: ReadonlyMap<string, readonly Box[]>) {
    this.boxes = new Map([...boxes].map(([namespace, own]) => [namespace, [...own]]))
  }

  /** Takes the room of a line, for example. */
  keepFree(box: Box): void {
    this.cards.add(box)
  }

  take(place: Point, home: string | undefined): void {
    this.cards.add(cardBox(place))
    if (home === undefined) this.loose.push(cardBox(place))
  }

  /** The free place that is nearest to where a node would like to stand; its box grows where it must. */
  settle(wish: Point, home: string | undefined): Point {
    const own = home === undefined ? undefined : this.boxes.get(home)?.[0]
    const atHome =
      own === undefined
        ? null
        : nearest(clamped(wish, own), RINGS_AT_HOME, place => this.homeWith(home, place) !== null)
    const place = atHome ?? nearest(wish, null, at => this.isFree(at, home)) ?? wish
    this.stand(place, home)
    return place
  }

  /** As `settle`, but where people put it: near that, and not near its own. */
  put(wish: Point, home: string | undefined): Point {
    const place = nearest(wish, null, at => this.homeWith(home, at) !== null || this.isFree(at, home)) ?? wish
    this.stand(place, home)
    return place
  }

  private stand(place: Point, home: string | undefined): void {
    // Before it is there: it would be in its own way.
    const own = this.homeWith(home, place) ?? [...(this.boxes.get(home ?? '') ?? []), islandOf(place)]
    if (home !== undefined) this.boxes.set(home, own)
    this.take(place, home)
  }

  /** The boxes of a namespace with one more card in them; null where it can be in none. */
  private homeWith(home: string | undefined, place: Point): Box[] | null {
    if (home === undefined || this.cards.meets(cardBox(place, MARGIN))) return null
    const own = this.boxes.get(home) ?? []
    for (const [at, box] of own.entries()) {
      const grown = around([box, islandOf(place)])
      const others = own.filter(other => other !== box)
      if (grown !== null && this.isBoxFree(grown, home, others)) return own.with(at, grown)
    }
    return null
  }

  /** Whether a card, or the box that it would need, meets nothing. */
  private isFree(place: Point, home: string | undefined): boolean {
    if (this.cards.meets(cardBox(place, MARGIN))) return false
    if (home === undefined) return this.isBoxFree(cardBox(place), null, [])
    const island = islandOf(place)
    return !this.cards.meets(island) && this.isBoxFree(island, null, [])
  }

  private isBoxFree(box: Box, home: string | null, others: readonly Box[]): boolean {
    const wide = widened(box, BOX_MARGIN)
    const meets = (other: Box) => overlaps(wide, other)
    if (others.some(meets) || this.loose.some(meets)) return false
    for (const [namespace, boxes] of this.boxes) if (namespace !== home && boxes.some(meets)) return false
    return true
  }
}

const islandOf = (place: Point): Box => boxOfPlaces([place])

function widened({ left, top, right, bottom }: Box, by: number): Box {
  return { left: left - by, top: top - by, right: right + by, bottom: bottom + by }
}

/** The nearest place of a card in a box. */
function clamped({ x, y }: Point, { left, top, right, bottom }: Box): Point {
  const [width, height] = [CARD.width / 2 + BOX_PADDING, CARD.height / 2 + BOX_PADDING]
  return {
    x: Math.max(left + width, Math.min(right - width, x)),
    y: Math.max(top + height + BOX_TITLE, Math.min(bottom - height, y)),
  }
}

/** The nearest place that fits, rows before columns; null if none of so many rings has one. */
function nearest(wish: Point, rings: number | null, fits: (place: Point) => boolean): Point | null {
  const columns = [0, ...Array.from({ length: COLUMNS_ASIDE }, (_, i) => [i + 1, -i - 1]).flat()]
  for (let ring = 0; rings === null || ring < rings; ring += 1) {
    for (const column of columns) {
      // A column aside is as far as some rows.
      const rows = ring - Math.abs(column) * 2
      if (rows < 0) continue
      for (const sign of rows === 0 ? [1] : [1, -1]) {
        const place = { x: wish.x + column * STEP.x, y: wish.y + (sign * rows * STEP.y) / 2 }
        if (fits(place)) return place
      }
    }
  }
  return null
}
