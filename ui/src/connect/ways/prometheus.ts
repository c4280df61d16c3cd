import { lines } from '../headers.ts'
import { hostPort, type Target } from '../target.ts'
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
          'Spanloom takes no metrics yet: there is no remote write, and it does not scrape.',
          'It answers no PromQL yet. The rates and latencies of the mesh come from spans, and are on the topology and in the API.',
        ],
      },
    ],
  }
}
