import { lines, quoted } from '../headers.ts'
import { type Target, urlOf } from '../target.ts'
import type { Way } from '../way.ts'

export function grafanaWay(target: Target): Way {
  const words = 'provisioning/datasources/spanloom.yaml'
  const tokens = target.hasToken ? ['Grafana reads SPANLOOM_TOKEN from its own environment.'] : []
  return {
    variants: [
      {
        id: 'traces',
        title: 'Traces',
        snippets: [{ words, text: sourceOf(target, 'Spanloom', 'tempo', TEMPO) }],
        notes: [
          'A data source of type Tempo: it opens traces by id, searches by TraceQL’s spanset filters, and proposes attributes and their values.',
          'Not there yet: TraceQL metrics and streaming, and data sources of the types Jaeger, Zipkin and Loki.',
          ...tokens,
        ],
      },
      {
        id: 'metrics',
        title: 'Metrics',
        snippets: [{ words, text: sourceOf(target, 'Spanloom metrics', 'prometheus', PROMETHEUS) }],
        notes: ['A data source of type Prometheus: PromQL over the metrics that were sent here.', ...tokens],
      },
    ],
  }
}

const TEMPO = ['nodeGraph: { enabled: true }', 'streamingEnabled: { search: false, metrics: false }']
const PROMETHEUS = ['httpMethod: POST', 'prometheusType: Prometheus']

function sourceOf(target: Target, name: string, type: 'tempo' | 'prometheus', settings: readonly string[]) {
  const { tenant, hasToken } = target
  const headers = [
    ...(hasToken ? [{ name: 'Authorization', value: 'Bearer $SPANLOOM_TOKEN' }] : []),
    ...(tenant === undefined ? [] : [{ name: 'X-Scope-OrgID', value: tenant }]),
  ]
  return lines(
    'apiVersion: 1',
    'datasources:',
    `  - name: ${name}`,
    `    type: ${type}`,
    '    access: proxy',
    `    url: ${urlOf(target.api)}/${type}`,
    '    jsonData:',
    settings.map(setting => `      ${setting}`),
    headers.map(({ name }, index) => `      httpHeaderName${index + 1}: ${name}`),
    ...(headers.length === 0 ? [] : ['    secureJsonData:']),
    headers.map(({ value }, index) => `      httpHeaderValue${index + 1}: ${quoted(value)}`),
  )
}
