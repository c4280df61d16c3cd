// How full services are, made up: most are well, one gets tight, one is full. Values are of the moment, so that every range
// shows the same at the same time.

import type { SchemaSaturationSeries } from '../src/api/schema.d.ts'

interface Told {
  name: string
  kind: string
  unit: string
  metric: string
  query: string
  /** What it is mostly, and how far it goes from there. */
  usual: number
  swing: number
  /** From these values on; without them there is no level to tell. */
  warning?: number
  critical?: number
}

const toIt = '{envoy_cluster_name=~"outbound[|].*[|]inventory[.]shop[.]svc[.]cluster[.]local"}'
const itself = '{namespace="shop",pod=~"inventory-.*"}'

const CALM: readonly Told[] = [
  {
    name: 'open circuit breaker of requests',
    kind: 'circuit_breaker',
    unit: '1',
    metric: 'envoy_cluster_circuit_breakers_default_rq_open',
    query: `max(envoy_cluster_circuit_breakers_default_rq_open${toIt})`,
    usual: 0,
    swing: 0,
    warning: 1,
    critical: 1,
  },
  {
    name: 'connections in use',
    kind: 'connection_pool',
    unit: '1',
    metric: 'envoy_cluster_upstream_cx_active',
    query: `max(envoy_cluster_upstream_cx_active${toIt} / (envoy_cluster_upstream_cx_active${toIt} + envoy_cluster_circuit_breakers_default_remaining_cx${toIt}) < 1)`,
    usual: 0.32,
    swing: 0.08,
    warning: 0.8,
    critical: 0.95,
  },
  {
    name: 'connections to it',
    kind: 'connection_pool',
    unit: '{connection}',
    metric: 'envoy_cluster_upstream_cx_active',
    query: `sum(envoy_cluster_upstream_cx_active${toIt})`,
    usual: 41,
    swing: 9,
  },
  {
    name: 'retries of all attempts',
    kind: 'retries',
    unit: '1',
    metric: 'envoy_cluster_upstream_rq_retry',
    query: `sum(rate(envoy_cluster_upstream_rq_retry${toIt}[1m])) / (sum(rate(envoy_cluster_upstream_rq_total${toIt}[1m])) > 0)`,
    usual: 0.02,
    swing: 0.015,
    warning: 0.1,
    critical: 0.3,
  },
  {
    name: 'CPU of its containers',
    kind: 'cpu',
    unit: '{cpu}',
    metric: 'container_cpu_usage_seconds_total',
    query: `sum(rate(container_cpu_usage_seconds_total${itself}[1m]))`,
    usual: 0.42,
    swing: 0.1,
  },
  {
    name: 'memory of the limit, fullest container',
    kind: 'memory',
    unit: '1',
    metric: 'container_memory_working_set_bytes',
    query: `max(container_memory_working_set_bytes${itself} / (container_spec_memory_limit_bytes${itself} > 0))`,
    usual: 0.55,
    swing: 0.04,
    warning: 0.8,
    critical: 0.95,
  },
  {
    name: 'memory of its containers',
    kind: 'memory',
    unit: 'By',
    metric: 'container_memory_working_set_bytes',
    query: `sum(container_memory_working_set_bytes${itself})`,
    usual: 412 * 2 ** 20,
    swing: 20 * 2 ** 20,
  },
  {
    name: 'file descriptors of the limit, fullest process',
    kind: 'file_descriptors',
    unit: '1',
    metric: 'process_open_fds',
    query: `max(process_open_fds${itself} / (process_max_fds${itself} > 0))`,
    usual: 0.08,
    swing: 0.01,
    warning: 0.8,
    critical: 0.95,
  },
  {
    name: 'goroutines',
    kind: 'runtime',
    unit: '{goroutine}',
    metric: 'go_goroutines',
    query: `sum(go_goroutines${itself})`,
    usual: 214,
    swing: 30,
  },
]

const TIGHT: readonly Told[] = [
  {
    name: 'CPU of the limit, fullest container',
    kind: 'cpu',
    unit: '1',
    metric: 'container_cpu_usage_seconds_total',
    query: `max(sum by (pod, container) (rate(container_cpu_usage_seconds_total${itself}[1m])) / (sum by (pod, container) (container_spec_cpu_quota${itself} / container_spec_cpu_period${itself}) > 0))`,
    usual: 0.78,
    swing: 0.08,
    warning: 0.8,
    critical: 0.95,
  },
]

const FULL: readonly Told[] = [
  ...TIGHT,
  {
    name: 'places for pending requests in use',
    kind: 'pending_requests',
    unit: '1',
    metric: 'envoy_cluster_upstream_rq_pending_active',
    query: `max(envoy_cluster_upstream_rq_pending_active${toIt} / (envoy_cluster_upstream_rq_pending_active${toIt} + envoy_cluster_circuit_breakers_default_remaining_pending${toIt}) < 1)`,
    usual: 0.88,
    swing: 0.1,
    warning: 0.8,
    critical: 0.95,
  },
  {
    name: 'requests refused because too many waited',
    kind: 'pending_requests',
    unit: '{request}/s',
    metric: 'envoy_cluster_upstream_rq_pending_overflow',
    query: `sum(rate(envoy_cluster_upstream_rq_pending_overflow${toIt}[1m]))`,
    usual: 2.1,
    swing: 2.1,
    warning: 0.001,
    critical: 0.001,
  },
]

/** Of the web shop, inventory is full and payment gets tight. */
export function saturationOf(id: string, times: readonly number[]): SchemaSaturationSeries[] {
  const more = id === 'shop/inventory' ? FULL : id.startsWith('payments/') ? TIGHT : []
  return [...more, ...CALM].map((told, place) => seriesOf(told, times, place))
}

const PERIOD_S = 420

function seriesOf(told: Told, times: readonly number[], place: number): SchemaSaturationSeries {
  const { name, kind, unit, metric, query, usual, swing } = told
  const isWhole = /^\{(?!cpu)\w+\}$/.test(unit)
  const values = times
    .map(time => usual + swing * Math.sin(((time / PERIOD_S) * 2 + place) * Math.PI))
    .map(value => (isWhole ? Math.round(value) : value))
  return { name, kind, unit, metric, query, level: levelOf(told, Math.max(...values)), values }
}

function levelOf({ warning, critical }: Told, worst: number): string {
  if (critical !== undefined && worst >= critical) return 'critical'
  return warning !== undefined && worst >= warning ? 'warning' : 'ok'
}
