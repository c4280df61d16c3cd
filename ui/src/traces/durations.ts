// Lengths of time as TraceQL writes them.

const NS_PER_MS = 1e6
const UNITS = [
  [1e9, 's'],
  [1e6, 'ms'],
  [1e3, 'us'],
  [1, 'ns'],
] as const

/** Milliseconds as `12.3ms`: three digits, rounded so that a bound leaves nothing out that lies on it. */
export function durationText(ms: number, round: 'down' | 'up'): string {
  const ns = Math.round(ms * NS_PER_MS)
  if (ns <= 0) return '0ns'
  const step = 10 ** Math.max(0, Math.floor(Math.log10(ns)) - 2)
  const rounded = (round === 'down' ? Math.floor(ns / step) : Math.ceil(ns / step)) * step
  const [factor, unit] = UNITS.find(([factor]) => rounded >= factor) ?? [1, 'ns']
  return `${Number((rounded / factor).toPrecision(3))}${unit}`
}
