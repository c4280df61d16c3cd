// All ways to connect, in the order in which they are offered.

import type { Target } from './target.ts'
import type { Way } from './way.ts'
import { collectorWay } from './ways/collector.ts'
import { consulWay } from './ways/consul.ts'
import { curlWay } from './ways/curl.ts'
import { envoyWay } from './ways/envoy.ts'
import { envoyMetricsWay } from './ways/envoy-metrics.ts'
import { grafanaWay } from './ways/grafana.ts'
import { istioWay } from './ways/istio.ts'
import { linkerdWay } from './ways/linkerd.ts'
import { otlpMetricsWay } from './ways/otlp-metrics.ts'
import { prometheusWay } from './ways/prometheus.ts'
import { remoteWriteWay } from './ways/remote-write.ts'
import { sdkWay } from './ways/sdk.ts'

export const GROUPS = ['Send traces', 'Send metrics', 'Ask'] as const

interface Offered {
  title: string
  group: (typeof GROUPS)[number]
  wayOf: (target: Target) => Way
}

export const WAYS = {
  collector: { title: 'OpenTelemetry Collector', group: 'Send traces', wayOf: collectorWay },
  sdk: { title: 'SDKs and agents', group: 'Send traces', wayOf: sdkWay },
  istio: { title: 'Istio', group: 'Send traces', wayOf: istioWay },
  linkerd: { title: 'Linkerd', group: 'Send traces', wayOf: linkerdWay },
  consul: { title: 'Consul', group: 'Send traces', wayOf: consulWay },
  envoy: { title: 'Envoy', group: 'Send traces', wayOf: envoyWay },
  curl: { title: 'By hand', group: 'Send traces', wayOf: curlWay },
  'remote-write': { title: 'Prometheus remote write', group: 'Send metrics', wayOf: remoteWriteWay },
  'otlp-metrics': { title: 'OpenTelemetry metrics', group: 'Send metrics', wayOf: otlpMetricsWay },
  'envoy-metrics': { title: 'Envoy’s metrics service', group: 'Send metrics', wayOf: envoyMetricsWay },
  prometheus: { title: 'Prometheus', group: 'Ask', wayOf: prometheusWay },
  grafana: { title: 'Grafana', group: 'Ask', wayOf: grafanaWay },
} as const satisfies Record<string, Offered>

export type WayId = keyof typeof WAYS
export const WAY_IDS = Object.keys(WAYS) as WayId[]
