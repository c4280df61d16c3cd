// What is where in a flame graph, and where keys lead in it.

import { at, childrenOf, NONE, type Trace } from './columns.ts'
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

/** The row at a point, in pixels from the upper left corner of the whole picture. */
export function hitIn(
  { reading, lanes, window }: Picture,
  x: number,
  y: number,
  width: number,
): number | undefined {
  const { trace } = reading
  const rows = lanes.lanes[Math.floor((y - FLAME_TOP) / LANE_HEIGHT)]
  if (rows === undefined || y < FLAME_TOP || width <= 0) return undefined
  const perPixel = lengthOf(window) / width
  const moment = window.from + x * perPixel
  const reach = REACH * perPixel
  const found = rows[firstEndingAfter(trace, rows, moment - reach)]
  if (found === undefined || at(trace.start, found) > moment + reach) return undefined
  // Where the next one is under the pointer itself, it is meant.
  const exact = rows[firstEndingAfter(trace, rows, moment)]
  return exact !== undefined && at(trace.start, exact) <= moment ? exact : found
}

/** The row that an arrow leads to; undefined if the key is none, or leads nowhere. */
export function flameStep(
  { reading, lanes }: Pick<Picture, 'reading' | 'lanes'>,
  row: number | undefined,
  key: string,
): number | undefined {
  const { trace } = reading
  const first = lanes.lanes[0]?.[0]
  if (row === undefined || lanes.laneOf[row] === -1) return key.startsWith('Arrow') ? first : undefined
  switch (key) {
    case 'ArrowUp':
      return at(trace.parent, row) === NONE ? row : at(trace.parent, row)
    case 'ArrowDown':
      return firstCall(trace, lanes, row) ?? row
    case 'ArrowLeft':
      return besides(lanes, row, -1)
    case 'ArrowRight':
      return besides(lanes, row, 1)
    default:
      return undefined
  }
}

function firstCall(trace: Trace, { laneOf }: Lanes, row: number): number | undefined {
  for (const child of childrenOf(trace, row)) if (laneOf[child] !== -1) return child
  return undefined
}

function besides({ lanes, laneOf }: Lanes, row: number, way: 1 | -1): number {
  const rows = lanes[laneOf[row] ?? 0] ?? []
  return rows[rows.indexOf(row) + way] ?? row
}
