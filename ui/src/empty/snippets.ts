// How to send the first spans to this server, in what people send spans with.

import { headersOf } from '../api/curl.ts'

/** Ports of a server that is not told others (`listen.otlp_grpc`, `listen.otlp_http`). */
const OTLP_GRPC_PORT = 4317
const OTLP_HTTP_PORT = 4318

/** Where spans go. */
export interface Addresses {
  isSecure: boolean
  host: string
  grpc: string
  http: string
}

/** The server that a page came from listens for spans on the same host, with TLS if the page has it. */
export function addressesOf(page: { protocol: string; hostname: string }): Addresses {
  const { protocol, hostname: host } = page
  return {
    isSecure: protocol === 'https:',
    host,
    grpc: `${protocol}//${host}:${OTLP_GRPC_PORT}`,
    http: `${protocol}//${host}:${OTLP_HTTP_PORT}`,
  }
}

export interface Snippet {
  id: string
  title: string
  /** What to do with it. */
  words: string
  text: string
}

export function snippetsOf(addresses: Addresses, tenant: string | undefined, hasToken: boolean): Snippet[] {
  const headers = { tenant, hasToken }
  return [
    curl(addresses, tenant),
    sdk(addresses, headers),
    collector(addresses, headers),
    envoy(addresses, headers),
  ]
}

interface Headers {
  tenant: string | undefined
  hasToken: boolean
}

function curl(addresses: Addresses, tenant: string | undefined): Snippet {
  const headers = ['-H "content-type: application/json"', ...headersOf(tenant)].join(' ')
  const text = `now=$(date +%s) trace=$(openssl rand -hex 16) span=$(openssl rand -hex 8)
curl ${addresses.http}/v1/traces \\
  ${headers} -d '{"resourceSpans":[{
  "resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},
  "scopeSpans":[{"spans":[{"traceId":"'$trace'","spanId":"'$span'",
    "name":"GET /cart","kind":2,
    "startTimeUnixNano":"'$now'000000000","endTimeUnixNano":"'$now'250000000"}]}]}]}'`
  return { id: 'curl', title: 'curl', words: 'One span by hand, in a shell:', text }
}

function sdk(addresses: Addresses, { tenant, hasToken }: Headers): Snippet {
  const headers = [
    ...(hasToken ? ['authorization=Bearer%20$SPANLOOM_TOKEN'] : []),
    ...(tenant === undefined ? [] : [`x-scope-orgid=${tenant}`]),
  ]
  const lines = [
    'OTEL_SERVICE_NAME=my-service',
    'OTEL_TRACES_EXPORTER=otlp',
    `OTEL_EXPORTER_OTLP_ENDPOINT=${addresses.grpc}`,
    `OTEL_EXPORTER_OTLP_PROTOCOL=grpc        # or http/protobuf with port ${OTLP_HTTP_PORT}`,
    ...(headers.length === 0 ? [] : [`OTEL_EXPORTER_OTLP_HEADERS="${headers.join(',')}"`]),
  ]
  const words = 'In the environment of a program with an OpenTelemetry SDK:'
  return {
    id: 'sdk',
    title: 'OpenTelemetry SDK',
    words,
    text: lines.map(line => `export ${line}`).join('\n'),
  }
}

function collector(addresses: Addresses, { tenant, hasToken }: Headers): Snippet {
  const headers = [
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the Collector's own syntax
    ...(hasToken ? ['authorization: "Bearer ${env:SPANLOOM_TOKEN}"'] : []),
    ...(tenant === undefined ? [] : [`x-scope-orgid: ${tenant}`]),
  ]
  const lines = [
    'exporters:',
    '  otlp/spanloom:',
    `    endpoint: ${addresses.host}:${OTLP_GRPC_PORT}`,
    ...(addresses.isSecure ? [] : ['    tls: { insecure: true }']),
    ...(headers.length === 0 ? [] : [`    headers: { ${headers.join(', ')} }`]),
    'service:',
    '  pipelines:',
    '    traces: { receivers: [otlp], exporters: [otlp/spanloom] }',
  ]
  const words = 'In the configuration of an OpenTelemetry Collector:'
  return { id: 'collector', title: 'Collector', words, text: lines.join('\n') }
}

function envoy(addresses: Addresses, { tenant, hasToken }: Headers): Snippet {
  const metadata = [
    ...(hasToken ? ['{ key: authorization, value: "Bearer <token>" }'] : []),
    ...(tenant === undefined ? [] : [`{ key: x-scope-orgid, value: ${tenant} }`]),
  ]
  const initial = metadata.length === 0 ? [] : [`        initial_metadata: [${metadata.join(', ')}]`]
  const lines = [
    `tracing:                    # cluster "spanloom": HTTP/2 to ${addresses.host}:${OTLP_GRPC_PORT}`,
    '  provider:',
    '    name: envoy.tracers.opentelemetry',
    '    typed_config:',
    '      "@type": type.googleapis.com/envoy.config.trace.v3.OpenTelemetryConfig',
    '      grpc_service:',
    '        envoy_grpc: { cluster_name: spanloom }',
    ...initial,
    '      service_name: cart',
    '  spawn_upstream_span: true',
  ]
  const words = 'In the HTTP connection manager of an Envoy sidecar:'
  return { id: 'envoy', title: 'Envoy', words, text: lines.join('\n') }
}
