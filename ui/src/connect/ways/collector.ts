import { headersFor, lines, yamlMap } from '../headers.ts'
import { type Door, hostPort, type Target, urlOf } from '../target.ts'
import type { Variant, Way } from '../way.ts'

// biome-ignore lint/suspicious/noTemplateCurlyInString: it is the Collector's own syntax
const TOKEN = '${env:SPANLOOM_TOKEN}'

export function collectorWay(target: Target): Way {
  return {
    variants: [
      {
        ...variant('grpc', 'OTLP gRPC', 'otlp_grpc/spanloom', grpcExporter(target)),
        notes: ['Collectors that do not know otlp_grpc call it otlp.'],
      },
      {
        ...variant('http', 'OTLP HTTP', 'otlp_http/spanloom', exporter(target, urlOf(target.http))),
        notes: ['Collectors that do not know otlp_http call it otlphttp.'],
      },
      variant(
        'zipkin',
        'Zipkin',
        'zipkin/spanloom',
        exporter(target, `${urlOf(target.zipkin)}/api/v2/spans`),
      ),
    ],
  }
}

function variant(id: string, title: string, name: string, settings: readonly string[]): Variant {
  const text = lines(
    'receivers:',
    '  otlp:',
    '    protocols: { grpc: {}, http: {} }',
    'exporters:',
    `  ${name}:`,
    settings.map(line => `    ${line}`),
    'service:',
    '  pipelines:',
    `    traces: { receivers: [otlp], exporters: [${name}] }`,
  )
  return { id, title, snippets: [{ words: 'In the configuration of an OpenTelemetry Collector', text }] }
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
