// Numbers of nodes and edges as panels and tables show them.

import { amountText, latencyText, rateText, shareText } from '../graph/signal-text.ts'
import { Mark, type State } from '../ui/mark.tsx'

interface RequestProps {
  rate: number | null
  requests: number | null
}

export function RequestWords({ rate, requests }: RequestProps) {
  if (requests === null) return <span className="muted">not counted by any observer</span>
  return (
    <>
      <span className="mono">{rateText(rate)}</span>{' '}
      <span className="muted">({amountText(requests)} in this time)</span>
    </>
  )
}

interface ErrorProps {
  errors: number | null
  share: number | null
}

/** Errors with their share; those that are none are quiet. */
export function ErrorCount({ errors, share }: ErrorProps) {
  if (errors === null) return <span className="muted">not known</span>
  if (errors === 0) return <span className="muted">none</span>
  return (
    <span className="error-word">
      <Mark state="bad" />
      {amountText(errors)} ({shareText(share)})
    </span>
  )
}

/** Where the last minute differs from the range: what broke just now, or what is over. */
export function RecentErrors({
  of,
}: {
  of: { error_rate: number | null; recent_error_rate: number | null }
}) {
  const { error_rate, recent_error_rate } = of
  if (recent_error_rate === null || recent_error_rate === error_rate) return null
  return <div className="muted">in the last minute {shareText(recent_error_rate)}</div>
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
