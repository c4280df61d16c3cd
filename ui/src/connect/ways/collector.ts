import { headersFor, lines, yamlMap } from '../headers.ts'
import { type Door, hostPort, type Target, urlOf } from '../target.ts'
import type { Variant, Way } from '../way.ts'

// biome-ignore lint/suspicious/noTemplateCurlyInString: it is the Collector's own syntax
const TOKEN = '${env:SPANLOOM_TOKEN}'

export function collectorWay(target: Target): Way {
  return {
    variants: [
      {
        ...variant('grpc', 'OTLP gRPC', 'otlp_grpc/spanloom', grpcExporter(target), ['traces', 'metrics']),
        notes: ['Collectors that do not know otlp_grpc call it otlp.', BOTH],
      },
      {
        ...variant('http', 'OTLP HTTP', 'otlp_http/spanloom', exporter(target, urlOf(target.http)), [
          'traces',
          'metrics',
        ]),
        notes: ['Collectors that do not know otlp_http call it otlphttp.', BOTH],
      },
      variant(
        'zipkin',
        'Zipkin',
        'zipkin/spanloom',
        exporter(target, `${urlOf(target.zipkin)}/api/v2/spans`),
        ['traces'],
      ),
    ],
  }
}

const BOTH = 'One exporter brings traces and metrics; a pipeline that is not wanted can be left out.'

type Signal = 'traces' | 'metrics'

function variant(
  id: string,
  title: string,
  name: string,
  settings: readonly string[],
  signals: readonly Signal[],
): Variant {
  const text = configurationOf(name, settings, signals)
  return { id, title, snippets: [{ words: 'In the configuration of an OpenTelemetry Collector', text }] }
}

function configurationOf(name: string, settings: readonly string[], signals: readonly Signal[]): string {
  return lines(
    'receivers:',
    '  otlp:',
    '    protocols: { grpc: {}, http: {} }',
    'exporters:',
    `  ${name}:`,
    settings.map(line => `    ${line}`),
    'service:',
    '  pipelines:',
    signals.map(signal => `    ${signal}: { receivers: [otlp], exporters: [${name}] }`),
  )
}

/** A Collector's configuration for metrics alone. */
export function collectorMetrics(target: Target): string {
  return configurationOf('otlp_grpc/spanloom', grpcExporter(target), ['metrics'])
}

function grpcExporter(target: Target): string[] {
  return [
    `endpoint: ${quotedIfV6(hostPort(target.grpc), target.grpc)}`,
    ...(target.grpc.tls ? [] : ['tls: { insecure: true }']),
    ...headerLines(target),
  ]
}

function exporter(target: Target, endpoint: string): string[] {
  return [`endpoint: ${endpoint}`, ...headerLines(target)]
}

function headerLines(target: Target): string[] {
  const headers = headersFor(target, TOKEN)
  return headers.length === 0 ? [] : [`headers: ${yamlMap(headers)}`]
}

/** A bracket begins a list in YAML. */
function quotedIfV6(text: string, { host }: Door): string {
  return host.startsWith('[') ? JSON.stringify(text) : text
}

/** The exporter alone, for where the rest of the configuration is another's. */
export function collectorExporter(target: Target): string {
  return lines(
    'otlp_grpc/spanloom:',
    grpcExporter(target).map(line => `  ${line}`),
  )
}
