import type { Target } from '../target.ts'
import type { Way } from '../way.ts'
import { toYaml } from '../yaml.ts'
import { clusterOf, metricsSink } from './envoy-config.ts'

export function envoyMetricsWay(target: Target): Way {
  return {
    variants: [
      {
        id: 'envoy',
        title: 'Envoy',
        snippets: [
          {
            words: 'At the top of the bootstrap configuration',
            text: toYaml({ stats_flush_interval: '15s', stats_sinks: [metricsSink(target)] }),
          },
          { words: 'In static_resources', text: toYaml({ clusters: [clusterOf(target.grpc, true)] }) },
        ],
        notes: [
          'emit_tags_as_labels gives metrics the names and labels that they have on /stats/prometheus; without it the names of clusters are parts of the metrics’ names.',
          'Istio and Consul send most metrics of circuit breakers and pools only where their stats filter lets them: proxyStatsMatcher, and envoy_stats_config_json.',
        ],
      },
    ],
  }
}
