import { headersFor, lines, quoted } from '../headers.ts'
import { bareHost, isAddress, type Target } from '../target.ts'
import type { Snippet, Way } from '../way.ts'

/** Stands for a server that has an address and no name. */
const NAME = 'spanloom.external'

export function istioWay(target: Target): Way {
  const isInside = /\.svc(\.|$)/.test(target.host)
  const service = isAddress(target.host) ? NAME : target.host
  const snippets = [
    provider(target, service),
    TELEMETRY,
    ...(isInside ? [] : [serviceEntry(target, service)]),
    ...(target.grpc.tls ? [destinationRule(target, service)] : []),
  ]
  return {
    variants: [
      {
        id: 'istio',
        title: 'Istio',
        snippets,
        notes: [
          'All requests are traced; 1 % is Istio’s default. Programs must hand on the headers traceparent and tracestate, or each hop is a trace of its own.',
          'Ztunnel in ambient mode makes no spans: waypoints and sidecars do.',
        ],
      },
    ],
  }
}

function provider(target: Target, service: string): Snippet {
  const headers = headersFor(target, '<token>')
  const text = lines(
    'meshConfig:',
    '  enableTracing: true',
    '  extensionProviders:',
    '    - name: spanloom',
    '      opentelemetry:',
    `        service: ${service}`,
    `        port: ${target.grpc.port}`,
    ...(headers.length === 0 ? [] : ['        grpc:', '          initialMetadata:']),
    headers.map(({ name, value }) => `            - { name: ${name}, value: ${quoted(value)} }`),
  )
  return { words: 'In the Helm values of istiod, or below spec of an IstioOperator', text }
}

const TELEMETRY: Snippet = {
  words: 'Switches it on for the whole mesh: kubectl apply -f -',
  text: `apiVersion: telemetry.istio.io/v1
kind: Telemetry
metadata:
  name: spanloom
  namespace: istio-system
spec:
  tracing:
    - providers:
        - name: spanloom
      randomSamplingPercentage: 100`,
}

function serviceEntry({ host, grpc }: Target, service: string): Snippet {
  const resolution = isAddress(host)
    ? ['  resolution: STATIC', '  endpoints:', `    - address: ${quoted(bareHost(host))}`]
    : ['  resolution: DNS']
  const text = lines(
    'apiVersion: networking.istio.io/v1',
    'kind: ServiceEntry',
    'metadata:',
    '  name: spanloom',
    '  namespace: istio-system',
    'spec:',
    `  hosts: [${service}]`,
    '  location: MESH_EXTERNAL',
    '  ports:',
    `    - { number: ${grpc.port}, name: grpc, protocol: GRPC }`,
    resolution,
  )
  return { words: 'Tells the mesh of a server outside it: kubectl apply -f -', text }
}

function destinationRule({ grpc }: Target, service: string): Snippet {
  const text = lines(
    'apiVersion: networking.istio.io/v1',
    'kind: DestinationRule',
    'metadata:',
    '  name: spanloom',
    '  namespace: istio-system',
    'spec:',
    `  host: ${service}`,
    '  trafficPolicy:',
    '    portLevelSettings:',
    `      - port: { number: ${grpc.port} }`,
    '        tls: { mode: SIMPLE }',
  )
  return { words: 'Lets the proxies speak TLS: kubectl apply -f -', text }
}
