// Numbers of nodes and edges as panels and tables show them.

import { formatAmount, formatDuration, formatShare } from '../ui/format.ts'
import { Mark, type State } from '../ui/mark.tsx'
import { milliseconds, nsOfMs } from '../ui/units.ts'

/** `23.0 ms`; a dash where it is not known. */
export function latencyText(ms: number | null): string {
  return ms === null ? '–' : formatDuration(nsOfMs(milliseconds(ms)))
}

export function amountText(amount: number | null): string {
  return amount === null ? '–' : formatAmount(amount)
}

interface SharedProps {
  errors: number
  share: number
}

/** Errors with their share; those that are none are quiet. */
export function ErrorCount({ errors, share }: SharedProps) {
  if (errors === 0) return <span className="muted">none</span>
  return (
    <span className="error-word">
      <Mark state="bad" />
      {formatAmount(errors)} ({formatShare(share)})
    </span>
  )
}

export function Marked({ state, children }: { state: State; children: React.ReactNode }) {
  return (
    <span className="marked">
      <Mark state={state} />
      {children}
    </span>
  )
}

interface LatencyProps {
  of: { p50_ms: number | null; p90_ms: number | null; p95_ms: number | null; p99_ms: number | null }
}

/** The four percentiles side by side. */
export function Latencies({ of }: LatencyProps) {
  const parts = [
    ['p50', of.p50_ms],
    ['p90', of.p90_ms],
    ['p95', of.p95_ms],
    ['p99', of.p99_ms],
  ] as const
  return (
    <dl className="latencies">
      {parts.map(([name, ms]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd className="mono">{latencyText(ms)}</dd>
        </div>
      ))}
    </dl>
  )
}
