// A series in the height of a line of text. It says nothing that the numbers beside it and its title do not say.

import { type Format, largestOf, type Values } from './series.ts'

const WIDTH = 96
const HEIGHT = 18
const MARGIN = 1.5

/** The parts of a line that gaps leave, as an SVG path; a value alone becomes a dot. */
export function sparkPath(values: Values, top: number, width = WIDTH, height = HEIGHT): string {
  const step = values.length < 2 ? 0 : (width - 2 * MARGIN) / (values.length - 1)
  const [parts] = values.reduce<[string, boolean]>(
    ([path, isOn], value, place) => {
      if (value === null) return [path, false]
      const x = (MARGIN + place * step).toFixed(1)
      const part = top <= 0 ? 0 : Math.min(1, value / top)
      const y = (height - MARGIN - part * (height - 2 * MARGIN)).toFixed(1)
      if (isOn) return [`${path}L${x} ${y}`, true]
      const isAlone = (values[place + 1] ?? null) === null
      return [`${path}M${x} ${y}${isAlone ? 'h0.01' : ''}`, true]
    },
    ['', false],
  )
  return parts
}

interface Props {
  values: Values
  /** What it is of. */
  label: string
  format: Format
  tone?: 'plain' | 'bad'
  /** The top of its scale, where it should not be its own largest value. */
  top?: number
}

export function Sparkline({ values, label, format, tone = 'plain', top }: Props) {
  const largest = largestOf(values)
  if (largest === null) return <span className="spark" />
  return (
    <svg
      className={`spark spark--${largest === 0 ? 'none' : tone}`}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      aria-hidden="true"
    >
      <title>{`${label}: at most ${format(largest)}`}</title>
      <path d={sparkPath(values, Math.max(top ?? 0, largest))} />
    </svg>
  )
}
