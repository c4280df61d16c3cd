// What is where in a flame graph, and where keys lead in it.

import { FLAME_TOP, firstEndingAfter, LANE_HEIGHT } from './flame-draw.ts'
import type { Lanes } from './flame-lanes.ts'
import type { Reading } from './reading.ts'
import { lengthOf, type Window } from './window.ts'

/** A span that is a pixel wide can be hit from so many pixels away. */
const REACH = 3

interface Picture {
  reading: Reading
  lanes: Lanes
  window: Window
}

/** The place of the span at a point, in pixels from the upper left corner of the whole picture. */
export function hitIn(
  { reading, lanes, window }: Picture,
  x: number,
  y: number,
  width: number,
): number | undefined {
  const places = lanes.lanes[Math.floor((y - FLAME_TOP) / LANE_HEIGHT)]
  if (places === undefined || y < FLAME_TOP || width <= 0) return undefined
  const perPixel = lengthOf(window) / width
  const moment = window.from + x * perPixel
  const reach = REACH * perPixel
  const found = places[firstEndingAfter(reading, places, moment - reach)]
  const span = found === undefined ? undefined : reading.tree.nodes[found]?.span
  if (span === undefined || span.start > moment + reach) return undefined
  // Where the next one is under the pointer itself, it is meant.
  const exact = places[firstEndingAfter(reading, places, moment)]
  const other = exact === undefined ? undefined : reading.tree.nodes[exact]?.span
  return other !== undefined && other.start <= moment ? exact : found
}

/** The place that an arrow leads to; undefined if the key is none, or leads nowhere. */
export function flameStep(
  { reading, lanes }: Pick<Picture, 'reading' | 'lanes'>,
  place: number | undefined,
  key: string,
): number | undefined {
  const first = lanes.lanes[0]?.[0]
  if (place === undefined || lanes.laneOf[place] === -1) return key.startsWith('Arrow') ? first : undefined
  switch (key) {
    case 'ArrowUp':
      return reading.tree.nodes[place]?.parent ?? place
    case 'ArrowDown':
      return firstCall(reading, lanes, place) ?? place
    case 'ArrowLeft':
      return besides(lanes, place, -1)
    case 'ArrowRight':
      return besides(lanes, place, 1)
    default:
      return undefined
  }
}

function firstCall({ tree }: Reading, { laneOf }: Lanes, place: number): number | undefined {
  const end = place + 1 + (tree.nodes[place]?.below ?? 0)
  for (let child = place + 1; child < end; child += 1 + (tree.nodes[child]?.below ?? 0)) {
    if (laneOf[child] !== -1) return child
  }
  return undefined
}

function besides({ lanes, laneOf }: Lanes, place: number, way: 1 | -1): number {
  const places = lanes[laneOf[place] ?? 0] ?? []
  return places[places.indexOf(place) + way] ?? place
}
