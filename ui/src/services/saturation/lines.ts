// Which ratios are drawn, and under which letters the chart and the table name them.

import type { SchemaSaturationSeries } from '../../api/schema.d.ts'
import { largestOf, type Series } from '../../charts/series.ts'
import { SERVICE_COLOURS } from '../../ui/service-colour.ts'
import { levelOf, RATIO } from './level.ts'
import { isSwitch } from './value.ts'

/** More lines than these nobody tells apart. */
export const LINES_MAX = 6

export interface Line extends Series {
  /** Names it where its label has no room. */
  endLabel: string
  item: SchemaSaturationSeries
}

export interface Lines {
  drawn: readonly Line[]
  /** How many there would be to draw. */
  count: number
}

/** The worst ratios, the fullest of equal ones; in the server's order, so that letters stay while values change. */
export function linesOf(saturation: readonly SchemaSaturationSeries[]): Lines {
  const ratios = saturation.filter(
    item => item.unit === RATIO && !isSwitch(item) && largestOf(item.values) !== null,
  )
  const fullest = (item: SchemaSaturationSeries) => largestOf(item.values) ?? 0
  const worst = ratios
    .toSorted((a, b) => levelOf(a).rank - levelOf(b).rank || fullest(b) - fullest(a))
    .slice(0, LINES_MAX)
  const drawn = ratios.filter(item => worst.includes(item)).map(lineOf)
  return { drawn, count: ratios.length }
}

function lineOf(item: SchemaSaturationSeries, place: number): Line {
  const { light, dark } = SERVICE_COLOURS[place % SERVICE_COLOURS.length] ?? { light: 'gray', dark: 'gray' }
  // What it is the worst of is in the table.
  const [short] = item.name.split(',')
  const letter = String.fromCharCode('A'.charCodeAt(0) + place)
  return {
    id: letter,
    label: `${letter} ${short}`,
    endLabel: letter,
    colour: `light-dark(${light}, ${dark})`,
    values: item.values,
    item,
  }
}
