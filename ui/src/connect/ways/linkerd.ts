import { indent, lines } from '../headers.ts'
import type { Target } from '../target.ts'
import type { Way } from '../way.ts'
import { collectorExporter } from './collector.ts'

const NAMESPACE = 'tracing'
const ACCOUNT = 'otel-collector'

/** Linkerd's proxies send to a collector inside their mesh only, by mutual TLS with the identity that is named. */
export function linkerdWay(target: Target): Way {
  const endpoint = `${ACCOUNT}.${NAMESPACE}:4317`
  return {
    variants: [
      {
        id: 'linkerd',
        title: 'Linkerd',
        snippets: [
          {
            words:
              'In the Helm values of linkerd-control-plane, 2.19 or newer; then restart the pods of the mesh',
            text: lines(
              'proxy:',
              '  tracing:',
              '    enabled: true',
              '    collector:',
              `      endpoint: ${endpoint}`,
              '      meshIdentity:',
              `        serviceAccountName: ${ACCOUNT}`,
              `        namespace: ${NAMESPACE}`,
            ),
          },
          {
            words: `In the Helm values of the chart opentelemetry-collector, installed as ${ACCOUNT} in the namespace ${NAMESPACE}`,
            text: lines(
              'mode: deployment',
              'image: { repository: otel/opentelemetry-collector-contrib }',
              `fullnameOverride: ${ACCOUNT}`,
              `serviceAccount: { name: ${ACCOUNT} }`,
              'podAnnotations: { linkerd.io/inject: enabled }',
              'config:',
              '  receivers:',
              '    otlp: { protocols: { grpc: { endpoint: 0.0.0.0:4317 } } }',
              '  exporters:',
              indent(collectorExporter(target), 4),
              '  service:',
              '    pipelines:',
              '      traces: { receivers: [otlp], exporters: [otlp_grpc/spanloom] }',
            ),
          },
        ],
        notes: [
          'Linkerd sends to a collector inside the mesh only, so a Collector in the mesh passes the spans on.',
          'A proxy makes spans of requests that carry traceparent or b3 headers: something before it, such as an ingress, begins the trace.',
          'The extension linkerd-jaeger is no longer kept up since 2.19.',
        ],
      },
    ],
  }
}
