import type { Target } from '../target.ts'
import type { Way } from '../way.ts'
import { collectorMetrics } from './collector.ts'
import { environmentOf } from './sdk.ts'

export function otlpMetricsWay(target: Target): Way {
  return {
    variants: [
      {
        id: 'collector',
        title: 'Collector',
        snippets: [
          { words: 'In the configuration of an OpenTelemetry Collector', text: collectorMetrics(target) },
        ],
        notes: [
          'Collectors that do not know otlp_grpc call it otlp.',
          'Receivers such as kubeletstats and hostmetrics stand beside otlp in the pipeline.',
        ],
      },
      {
        id: 'sdk',
        title: 'SDKs',
        snippets: [environmentOf(target)],
        notes: [
          'The same as for traces: both go to one endpoint. Cumulative and delta temporality are taken.',
        ],
      },
    ],
  }
}
