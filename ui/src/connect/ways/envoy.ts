import type { Target } from '../target.ts'
import type { Way } from '../way.ts'
import { toYaml } from '../yaml.ts'
import { clusterOf, openTelemetryTracer, zipkinTracer } from './envoy-config.ts'

export function envoyWay(target: Target): Way {
  return {
    variants: [
      {
        id: 'otlp',
        title: 'OTLP',
        snippets: [
          {
            words:
              'In the HTTP connection manager (envoy.filters.network.http_connection_manager) of each listener',
            text: toYaml({
              tracing: { provider: openTelemetryTracer(target, 'my-service'), spawn_upstream_span: true },
            }),
          },
          {
            words: 'In static_resources',
            text: toYaml({ clusters: [clusterOf(target.grpc, true)] }),
          },
        ],
        notes: [SPANS],
      },
      {
        id: 'zipkin',
        title: 'Zipkin',
        snippets: [
          {
            words:
              'In the HTTP connection manager of each listener. The service is named by --service-cluster',
            text: toYaml({ tracing: { provider: zipkinTracer(target), spawn_upstream_span: true } }),
          },
          {
            words: 'In static_resources',
            text: toYaml({ clusters: [clusterOf(target.zipkin, false)] }),
          },
        ],
        warning: zipkinWarning(target),
        notes: [SPANS],
      },
    ],
  }
}

const SPANS =
  'spawn_upstream_span tells retries from requests, and the time in the proxy from the time on the network.'

/** Its tracer sends no headers of its own. */
export function zipkinWarning({ tenant, hasToken }: Target): string | undefined {
  if (tenant === undefined && !hasToken) return undefined
  const needs = [...(hasToken ? ['a token'] : []), ...(tenant === undefined ? [] : ['a tenant'])]
  return `Envoy’s Zipkin tracer sends no headers, and this needs ${needs.join(' and ')}: use OTLP.`
}
