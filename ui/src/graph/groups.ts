// The boxes of namespaces: what is said of each, whether it is open or folded.

import type { SchemaGraph, SchemaHealth, SchemaNodeItem } from '../api/schema.d.ts'
import { type Box, clamp, type Point, type Size } from './geometry.ts'
import { BOX_TITLE } from './layout/grouped.ts'
import type { Arrangement } from './layout/mesh.ts'

export interface SceneGroup {
  /** The namespace. */
  id: string
  /** The first is the one with its name. */
  boxes: readonly Box[]
  isFolded: boolean
  /** How many nodes are in it, whatever their health, and by health. */
  count: number
  healths: ReadonlyMap<SchemaHealth, number>
  worst: SchemaHealth
}

const WORST: readonly SchemaHealth[] = ['failing', 'degraded', 'healthy', 'idle']

export function groupsOf(
  graph: SchemaGraph,
  { boxes, homes }: Arrangement,
  folded: ReadonlySet<string>,
): SceneGroup[] {
  const members = new Map<string, SchemaNodeItem[]>()
  for (const node of graph.nodes) {
    const home = homes.get(node.id)
    if (home === undefined) continue
    const known = members.get(home)
    if (known === undefined) members.set(home, [node])
    else known.push(node)
  }
  const groups: SceneGroup[] = []
  for (const [id, own] of boxes) {
    const inside = members.get(id)
    // All of it went away; its place is kept.
    if (inside === undefined || own.length === 0) continue
    const healths = new Map<SchemaHealth, number>()
    for (const { health } of inside) healths.set(health, (healths.get(health) ?? 0) + 1)
    const worst = WORST.find(health => healths.has(health)) ?? 'idle'
    groups.push({ id, boxes: own, isFolded: folded.has(id), count: inside.length, healths, worst })
  }
  return groups
}

/** Of a folded namespace: the card that stands for it, in the middle of its box. */
const LID_PART = 0.6
const LID_MIN: Size = { width: 360, height: 190 }

export function lidOf({ left, top, right, bottom }: Box): Box {
  const half = (size: number, least: number) => Math.min(size, Math.max(least, size * LID_PART)) / 2
  const [width, height] = [half(right - left, LID_MIN.width), half(bottom - top, LID_MIN.height)]
  const [x, y] = [(left + right) / 2, (top + bottom) / 2]
  return { left: x - width, top: y - height, right: x + width, bottom: y + height }
}

/** What one presses to fold a namespace, the line with its name; or to unfold it, the card. */
export function titleBox({ id, count, boxes, isFolded }: SceneGroup, zoom: number): Box | null {
  const [box] = boxes
  if (box === undefined) return null
  if (isFolded) return lidOf(box)
  const size = nameSize(box, zoom)
  // Letters are measured where they are drawn; to press them it is enough to know how many they are.
  const width = size * (AROUND_NAME + LETTER * (id.length + String(count).length + 1))
  const right = Math.min(box.right, box.left + namePadding(size) + width)
  return { ...box, right, bottom: box.top + titleHeight(box, zoom) }
}

const NAME_PIXELS = 11
const NAME_SIZE_MAX = 260
/** Width of a letter, and of what stands around a name, as parts of its size. */
const LETTER = 0.6
const AROUND_NAME = 3.1

export function nameSize(box: Box, zoom: number): number {
  return clamp(NAME_PIXELS / zoom, NAME_PIXELS + 1, Math.min(NAME_SIZE_MAX, titleHeight(box, zoom) * 0.62))
}

export const namePadding = (size: number) => Math.max(12, size * 0.5)

/** From far away the name is written larger, into the box. */
export function titleHeight({ top, bottom }: Box, zoom: number): number {
  return Math.min(bottom - top, Math.max(BOX_TITLE, TITLE_PIXELS / zoom))
}

const TITLE_PIXELS = 19

export function groupAt(groups: readonly SceneGroup[], { x, y }: Point, zoom: number): SceneGroup | null {
  return (
    groups.find(group => {
      const box = titleBox(group, zoom)
      return box !== null && x >= box.left && x <= box.right && y >= box.top && y <= box.bottom
    }) ?? null
  )
}
