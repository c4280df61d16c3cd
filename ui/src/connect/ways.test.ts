import { expect, test } from 'vitest'
import type { SchemaListenerItem } from '../api/schema.d.ts'
import { targetOf } from './target.ts'
import { WAY_IDS, WAYS, type WayId } from './ways.ts'

const PORTS = { otlp_grpc: 5117, otlp_http: 5118, zipkin: 5119, api: 5120 } as const

function target(
  host: string,
  { tls = false, token = false, tenant }: { tls?: boolean; token?: boolean; tenant?: string } = {},
) {
  const listeners = Object.entries(PORTS).map(
    ([protocol, port]) => ({ protocol, address: `0.0.0.0:${port}`, tls, token }) as SchemaListenerItem,
  )
  return targetOf({ host, listeners, tenant, hasToken: token, isSecure: tls })
}

type Target = ReturnType<typeof target>

/** All that can be copied for a way. */
const texts = (id: WayId, to: Target) =>
  WAYS[id].wayOf(to).variants.flatMap(({ snippets }) => snippets.map(({ text }) => text))
const all = (to: Target) => WAY_IDS.map(id => [id, texts(id, to).join('\n')] as const)

const PLAIN = target('lab.example')
const CLOSED = target('spans.example', { tls: true, token: true, tenant: '007' })

test('every way names the host that people say, and a port that the server told of', () => {
  for (const [id, text] of all(PLAIN)) {
    expect(text, id).toContain('lab.example')
    expect(
      Object.values(PORTS).some(port => text.includes(String(port))),
      id,
    ).toBe(true)
  }
})

test('a server without token and tenant is sent neither', () => {
  for (const [id, text] of all(PLAIN))
    expect(text, id).not.toMatch(/orgid|Bearer|token|https:\/\/lab|transport_socket/i)
})

/** Prometheus reads tokens from files, and from its environment nothing. */
const BY_FILE: readonly WayId[] = ['prometheus', 'remote-write']

test('every way that can say it names the tenant, as a text, and brings the token, which is not written', () => {
  for (const [id, text] of all(CLOSED)) {
    if (id !== 'prometheus') expect(text, id).toMatch(/orgid.*007|"x-scope-orgid",\s+"value": "007"/is)
    if (!BY_FILE.includes(id)) expect(text, id).toMatch(/Bearer( |%20)(\$|<token>)/)
    expect(text, id).not.toMatch(/: 007$/m)
  }
  for (const id of BY_FILE) expect(texts(id, CLOSED)[0]).toContain('credentials_file')
})

test('what cannot bring them says so', () => {
  const warnings = (to: Target) => WAYS.envoy.wayOf(to).variants.map(({ warning }) => warning !== undefined)
  expect([warnings(PLAIN), warnings(CLOSED)]).toEqual([
    [false, false],
    [false, true],
  ])
})

test('with TLS nobody is told to do without', () => {
  for (const [id, text] of all(CLOSED)) expect(text, id).not.toMatch(/insecure|http:\/\/spans/)
  expect(texts('collector', PLAIN)[0]).toContain('insecure: true')
  expect(texts('istio', CLOSED).at(-1)).toMatch(/DestinationRule[\s\S]*mode: SIMPLE/)
  expect(texts('envoy', CLOSED)[1]).toMatch(/sni: spans\.example[\s\S]*alpn_protocols:\s+- h2/)
})

test('an address is no name: Istio gets a name for it, Envoy does not look it up', () => {
  const six = target('[2001:db8::1]')
  const [provider, , entry] = texts('istio', six)
  expect(provider).toContain('service: spanloom.external')
  expect(entry).toMatch(/hosts: \[spanloom\.external\][\s\S]*resolution: STATIC[\s\S]*address: "2001:db8::1"/)
  expect(texts('envoy', six)[1]).toMatch(/type: STATIC[\s\S]*address: "2001:db8::1"/)
  expect(texts('collector', six)[0]).toContain('endpoint: "[2001:db8::1]:5117"')
  expect(texts('envoy', PLAIN)[1]).toContain('type: STRICT_DNS')
})

test('the mesh needs no entry for a service that is in it', () => {
  const inside = texts('istio', target('spanloom.tracing.svc.cluster.local'))
  expect(inside).toHaveLength(2)
  expect(texts('istio', PLAIN)).toHaveLength(3)
})

test('Consul gets the same by both its doors, as JSON', () => {
  const [hcl = '', yaml = ''] = texts('consul', CLOSED)
  const fromHcl = [...hcl.matchAll(/(\w+_json) = <<EOF\n([\s\S]*?)\nEOF/g)].map(([, key, json]) => [
    key,
    JSON.parse(json ?? ''),
  ])
  const fromYaml = [...yaml.matchAll(/^ {4}(\w+_json): \|\n((?: {6}.*\n?)+)/gm)].map(([, key, json]) => [
    key,
    JSON.parse(json ?? ''),
  ])
  expect(fromHcl.map(([key]) => key)).toEqual([
    'envoy_listener_tracing_json',
    'envoy_extra_static_clusters_json',
  ])
  expect(fromYaml).toEqual(fromHcl)
})

test('metrics go where they are taken', () => {
  const [written] = texts('remote-write', PLAIN)
  expect(written).toContain('url: http://lab.example:5118/api/v1/write')
  const [exported = '', environment = ''] = texts('otlp-metrics', PLAIN)
  expect(exported).toMatch(/endpoint: lab\.example:5117[\s\S]*metrics: \{ receivers: \[otlp\]/)
  expect(exported).not.toContain('traces:')
  expect(environment).toMatch(/ENDPOINT=http:\/\/lab\.example:5118$[\s\S]*OTEL_METRICS_EXPORTER=otlp/m)
  const [sink, clusters] = texts('envoy-metrics', PLAIN)
  expect(sink).toMatch(/emit_tags_as_labels: true[\s\S]*cluster_name: spanloom/)
  expect(clusters).toMatch(/http2_protocol_options[\s\S]*port_value: 5117/)
})

test('Grafana asks for metrics where Prometheus would be', () => {
  expect(texts('grafana', PLAIN)[1]).toMatch(
    /type: prometheus[\s\S]*url: http:\/\/lab\.example:5120\/prometheus/,
  )
})

test('the body that curl sends is OTLP', () => {
  const [text = ''] = texts('curl', PLAIN)
  const body = text.slice(text.indexOf("-d '") + 4, text.lastIndexOf("'"))
  const filled = body
    .replaceAll("'$trace'", '0af7')
    .replaceAll("'$span'", 'b7ad')
    .replaceAll("'$now'", '1700000000')
  const [span] = JSON.parse(filled).resourceSpans[0].scopeSpans[0].spans
  expect(BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)).toBe(250_000_000n)
})

test('every variant of a way has a name of its own', () => {
  for (const id of WAY_IDS) {
    const ids = WAYS[id].wayOf(PLAIN).variants.map(({ id }) => id)
    expect(ids).toEqual([...new Set(ids)])
  }
})
