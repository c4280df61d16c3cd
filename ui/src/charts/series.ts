// What charts draw: series of a value per step, and the steps that they share.

/** The steps of a chart, in seconds since the epoch. */
export interface Frame {
  start: number
  end: number
  step: number
  /** Begin of each step. */
  times: readonly number[]
}

/** Null: nothing to tell of a step, which is a gap and not a zero. */
export type Values = readonly (number | null)[]

export interface Series {
  id: string
  label: string
  /** What stands at the end of its line, where its label has no room. */
  endLabel?: string
  /** Of a style sheet: it may differ between the themes. */
  colour: string
  values: Values
  /** The same steps of an earlier time, drawn dashed. */
  before?: Values | undefined
  /** Among bars that stand on one another: not one of them, but a line. */
  isApart?: boolean
}

export type Format = (value: number | null) => string

/** The last value that there is. */
export function lastOf(values: Values): number | null {
  return values.findLast(value => value !== null) ?? null
}

export function largestOf(values: Values): number | null {
  return values.reduce<number | null>(
    (largest, value) => (value === null ? largest : Math.max(largest ?? value, value)),
    null,
  )
}

export function meanOf(values: Values): number | null {
  const known = values.filter(value => value !== null)
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length
}

/** Each series on top of those before it. A step without any value stays a gap. */
export function stacked(series: readonly Values[]): (number | null)[][] {
  const sums: (number | null)[] = []
  return series.map(values =>
    values.map((value, step) => {
      const below = sums[step] ?? null
      const sum = value === null ? below : value + (below ?? 0)
      sums[step] = sum
      return sum
    }),
  )
}

/** The step that holds a moment; null outside of all. */
export function stepAt({ start, step, times }: Frame, moment: number): number | null {
  const place = Math.floor((moment - start) / step)
  return place >= 0 && place < times.length ? place : null
}

/** A round number at or above the largest value, so that an axis ends with a tick. */
export function roundAbove(value: number): number {
  if (value <= 0) return 1
  const power = 10 ** Math.floor(Math.log10(value))
  const step = [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find(factor => factor * power >= value * (1 - 1e-9)) ?? 10
  return step * power
}
