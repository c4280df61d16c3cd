import { lines, quoted } from '../headers.ts'
import { type Target, urlOf } from '../target.ts'
import type { Way } from '../way.ts'

export function remoteWriteWay(target: Target): Way {
  const { tenant, hasToken } = target
  const text = lines(
    'remote_write:',
    `  - url: ${urlOf(target.http)}/api/v1/write`,
    ...(tenant === undefined ? [] : [`    headers: { X-Scope-OrgID: ${quoted(tenant)} }`]),
    ...(hasToken ? ['    authorization: { credentials_file: /etc/prometheus/spanloom-token }'] : []),
    '    send_exemplars: true',
    '    send_native_histograms: true',
  )
  return {
    variants: [
      {
        id: 'prometheus',
        title: 'Prometheus',
        snippets: [{ words: 'In prometheus.yml', text }],
        notes: [
          'Everything that speaks remote write can send so, in version 1 or 2. Version 2 brings types and units of metrics, too: protobuf_message: io.prometheus.write.v2.Request.',
          'The server also scrapes by itself, as told in its own configuration: docs/metrics.md has which of Prometheus’ keys it knows.',
        ],
      },
    ],
  }
}
