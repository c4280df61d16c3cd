// SchemaSignals for tests: of what is not given there is nothing.

import type { SchemaSignals } from '../api/schema.d.ts'
import type { Values } from '../charts/series.ts'

interface Fields {
  start: string
  step_s: number
  /** A value per step. */
  requests: Values
  errors?: Values
  p95_ms?: Values
  rest?: Partial<SchemaSignals>
}

export function signalsOf({ start, step_s, requests, errors, p95_ms, rest }: Fields): SchemaSignals {
  const from = Date.parse(start) / 1000
  const nothing = requests.map(() => null)
  const zeros = requests.map(() => 0)
  const failed = [...(errors ?? zeros)]
  const share = requests.map((count, step) => {
    const wrong = failed[step] ?? null
    return count === null || count === 0 || wrong === null ? null : wrong / count
  })
  const latency = [...(p95_ms ?? nothing)]
  return {
    rev: '1',
    start,
    end: new Date((from + step_s * requests.length) * 1000).toISOString(),
    step_s,
    id: 'shop/cart',
    namespace: 'shop',
    name: 'cart',
    times: requests.map((_, step) => from + step * step_s),
    latency: {
      p50_ms: latency,
      p90_ms: latency,
      p95_ms: latency,
      p99_ms: latency,
      heatmap: { bounds_ms: [], counts: requests.map(() => []) },
    },
    traffic: {
      requests: [...requests],
      rate: requests.map(count => (count === null ? null : count / step_s)),
    },
    errors: {
      errors: failed,
      error_rate: share,
      no_response: zeros,
      http_5xx: failed,
      grpc: zeros,
      status_error: zeros,
      http_4xx: zeros,
    },
    saturation: [],
    operations: [],
    exemplars: [],
    ...rest,
  }
}
