import { lines } from '../headers.ts'
import { hostPort, type Target, urlOf } from '../target.ts'
import type { Way } from '../way.ts'

export function prometheusWay(target: Target): Way {
  const text = lines(
    'scrape_configs:',
    '  - job_name: spanloom',
    ...(target.api.tls ? ['    scheme: https'] : []),
    ...(target.hasToken ? ['    authorization: { credentials_file: /etc/prometheus/spanloom-token }'] : []),
    '    static_configs:',
    `      - targets: [${JSON.stringify(hostPort(target.api))}]`,
  )
  return {
    variants: [
      {
        id: 'prometheus',
        title: 'Prometheus',
        snippets: [{ words: 'In prometheus.yml: Spanloom’s own numbers, from /metrics', text }],
        notes: [
          `Spanloom answers as a Prometheus does, PromQL included, at ${urlOf(target.api)}/prometheus.`,
          'Metrics are sent to it by remote write, OTLP or Envoy’s metrics service: see Send metrics.',
        ],
      },
    ],
  }
}
