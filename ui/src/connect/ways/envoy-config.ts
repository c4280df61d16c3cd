// Parts of an Envoy configuration, as objects: Envoy itself takes them as YAML, Consul as JSON in a text.

import { headersFor } from '../headers.ts'
import { bareHost, type Door, isAddress, type Target } from '../target.ts'

export const CLUSTER = 'spanloom'

export function openTelemetryTracer(target: Target, service: string) {
  return {
    name: 'envoy.tracers.opentelemetry',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.config.trace.v3.OpenTelemetryConfig',
      grpc_service: grpcService(target),
      service_name: service,
    },
  }
}

/** What sends an Envoy's own metrics, with the names and labels of its page for Prometheus. */
export function metricsSink(target: Target) {
  return {
    name: 'envoy.stat_sinks.metrics_service',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.config.metrics.v3.MetricsServiceConfig',
      transport_api_version: 'V3',
      emit_tags_as_labels: true,
      grpc_service: grpcService(target),
    },
  }
}

function grpcService(target: Target) {
  const metadata = headersFor(target, '<token>').map(({ name, value }) => ({ key: name, value }))
  return {
    envoy_grpc: { cluster_name: CLUSTER },
    ...(metadata.length === 0 ? {} : { initial_metadata: metadata }),
  }
}

/** Its Host must name this machine where the server listens on loopback; elsewhere any name will do. */
export function zipkinTracer({ host }: Target) {
  return {
    name: 'envoy.tracers.zipkin',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.config.trace.v3.ZipkinConfig',
      collector_cluster: CLUSTER,
      collector_endpoint: '/api/v2/spans',
      collector_endpoint_version: 'HTTP_JSON',
      collector_hostname: host,
      shared_span_context: false,
      trace_id_128bit: true,
    },
  }
}

/** The server as a cluster of Envoy's; OTLP over gRPC needs HTTP/2, Zipkin does not. */
export function clusterOf(door: Door, isHttp2: boolean) {
  const address = bareHost(door.host)
  return {
    name: CLUSTER,
    type: isAddress(door.host) ? 'STATIC' : 'STRICT_DNS',
    connect_timeout: '1s',
    ...(isHttp2 ? { typed_extension_protocol_options: HTTP2 } : {}),
    load_assignment: {
      cluster_name: CLUSTER,
      endpoints: [
        { lb_endpoints: [{ endpoint: { address: { socket_address: { address, port_value: door.port } } } }] },
      ],
    },
    ...(door.tls ? { transport_socket: tlsOf(address, isHttp2) } : {}),
  }
}

const HTTP2 = {
  'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
    '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
    explicit_http_config: { http2_protocol_options: {} },
  },
}

function tlsOf(name: string, isHttp2: boolean) {
  return {
    name: 'envoy.transport_sockets.tls',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext',
      sni: name,
      common_tls_context: {
        ...(isHttp2 ? { alpn_protocols: ['h2'] } : {}),
        validation_context: { trusted_ca: { filename: '/etc/ssl/certs/ca-certificates.crt' } },
      },
    },
  }
}
