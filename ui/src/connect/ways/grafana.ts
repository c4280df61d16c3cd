import { lines, quoted } from '../headers.ts'
import { type Target, urlOf } from '../target.ts'
import type { Way } from '../way.ts'

export function grafanaWay(target: Target): Way {
  const { tenant, hasToken } = target
  const headers = [
    ...(hasToken ? [{ name: 'Authorization', value: 'Bearer $SPANLOOM_TOKEN' }] : []),
    ...(tenant === undefined ? [] : [{ name: 'X-Scope-OrgID', value: tenant }]),
  ]
  const text = lines(
    'apiVersion: 1',
    'datasources:',
    '  - name: Spanloom',
    '    type: tempo',
    '    access: proxy',
    `    url: ${urlOf(target.api)}/tempo`,
    '    jsonData:',
    '      nodeGraph: { enabled: true }',
    '      streamingEnabled: { search: false, metrics: false }',
    headers.map(({ name }, index) => `      httpHeaderName${index + 1}: ${name}`),
    ...(headers.length === 0 ? [] : ['    secureJsonData:']),
    headers.map(({ value }, index) => `      httpHeaderValue${index + 1}: ${quoted(value)}`),
  )
  return {
    variants: [
      {
        id: 'grafana',
        title: 'Grafana',
        snippets: [{ words: 'provisioning/datasources/spanloom.yaml', text }],
        notes: [
          'A data source of type Tempo: it opens traces by id, searches by TraceQL’s spanset filters, and proposes attributes and their values.',
          'Not there yet: TraceQL metrics and streaming, and data sources of the types Prometheus, Jaeger, Zipkin and Loki.',
          ...(hasToken ? ['Grafana reads SPANLOOM_TOKEN from its own environment.'] : []),
        ],
      },
    ],
  }
}
