// All ways to connect, in the order in which they are offered.

import type { Target } from './target.ts'
import type { Way } from './way.ts'
import { collectorWay } from './ways/collector.ts'
import { consulWay } from './ways/consul.ts'
import { curlWay } from './ways/curl.ts'
import { envoyWay } from './ways/envoy.ts'
import { grafanaWay } from './ways/grafana.ts'
import { istioWay } from './ways/istio.ts'
import { linkerdWay } from './ways/linkerd.ts'
import { prometheusWay } from './ways/prometheus.ts'
import { sdkWay } from './ways/sdk.ts'

interface Offered {
  title: string
  group: 'Send traces' | 'Ask'
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
  prometheus: { title: 'Prometheus', group: 'Ask', wayOf: prometheusWay },
  grafana: { title: 'Grafana', group: 'Ask', wayOf: grafanaWay },
} as const satisfies Record<string, Offered>

export const GROUPS = ['Send traces', 'Ask'] as const

export type WayId = keyof typeof WAYS
export const WAY_IDS = Object.keys(WAYS) as WayId[]
