// Consul's sidecars are Envoys, configured through keys that hold JSON.

import { indent, lines } from '../headers.ts'
import type { Target } from '../target.ts'
import type { Snippet, Way } from '../way.ts'
import { zipkinWarning } from './envoy.ts'
import { clusterOf, openTelemetryTracer, zipkinTracer } from './envoy-config.ts'

const TRACING =
  'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.Tracing'

export function consulWay(target: Target): Way {
  const zipkin = keysOf(zipkinTracer(target), clusterOf(target.zipkin, false))
  const otlp = keysOf(openTelemetryTracer(target, 'my-service'), clusterOf(target.grpc, true))
  return {
    variants: [
      {
        id: 'zipkin',
        title: 'All sidecars',
        snippets: [proxyDefaultsHcl(zipkin)],
        warning: zipkinWarning(target),
        notes: NOTES,
      },
      {
        id: 'kubernetes',
        title: 'All sidecars on Kubernetes',
        snippets: [proxyDefaultsYaml(zipkin)],
        warning: zipkinWarning(target),
        notes: NOTES,
      },
      {
        id: 'otlp',
        title: 'One service by OTLP',
        snippets: [registration(otlp)],
        notes: [
          'OTLP’s tracer names its service in the configuration, so each sidecar needs one of its own; Zipkin’s takes the name that Consul gave it.',
          RESTART,
        ],
      },
    ],
  }
}

const RESTART = 'Restart the sidecars: these keys count from their start.'
const NOTES = ['Consul’s proxy-defaults are for all sidecars: by Zipkin each one says its own name.', RESTART]

type Keys = Readonly<Record<string, string>>

function keysOf(provider: object, cluster: object): Keys {
  // Consul by itself traces only requests whose caller said so.
  const tracing = { '@type': TRACING, random_sampling: { value: 100 }, spawn_upstream_span: true, provider }
  return {
    envoy_listener_tracing_json: JSON.stringify(tracing, null, 2),
    envoy_extra_static_clusters_json: JSON.stringify(cluster, null, 2),
  }
}

function proxyDefaultsHcl(keys: Keys): Snippet {
  return {
    words: 'proxy-defaults.hcl, for consul config write proxy-defaults.hcl',
    text: lines(
      'Kind = "proxy-defaults"',
      'Name = "global"',
      'Config {',
      '  protocol = "http"',
      ...hcl(keys, 2),
      '}',
    ),
  }
}

function proxyDefaultsYaml(keys: Keys): Snippet {
  return {
    words: 'kubectl apply -f -, then restart the pods',
    text: lines(
      'apiVersion: consul.hashicorp.com/v1alpha1',
      'kind: ProxyDefaults',
      'metadata:',
      '  name: global',
      'spec:',
      '  config:',
      '    protocol: http',
      ...Object.entries(keys).map(([key, text]) => `    ${key}: |\n${indent(text, 6)}`),
    ),
  }
}

function registration(keys: Keys): Snippet {
  return {
    words:
      'In the registration of the service, which is one of HTTP or gRPC (protocol in its service-defaults)',
    text: lines(
      'service {',
      '  name = "my-service"',
      '  port = 8080',
      '  connect {',
      '    sidecar_service {',
      '      proxy {',
      '        config {',
      '          protocol = "http"',
      ...hcl(keys, 10),
      '        }',
      '      }',
      '    }',
      '  }',
      '}',
    ),
  }
}

function hcl(keys: Keys, by: number): string[] {
  // The end of a text stands at the very left.
  return Object.entries(keys).map(([key, text]) => `${' '.repeat(by)}${key} = <<EOF\n${text}\nEOF`)
}
