// Exports a few deterministic traces with OpenTelemetry's Node SDK and its own exporters.
//
//     sdk.mjs --endpoint URL --protocol grpc|http/protobuf|http/json --compression none|gzip --seed N --start-ns T
//
// Prints what it exported as JSON, `{"spans": [{"resource", "scope", "span"}]}` in OTLP/JSON's words, made from the
// SDK's own spans and not by the exporter. Ids come from the seed, times from T. Ends with 1 when an export was
// refused. The packages are found in $SPANLOOM_CLIENTS/node, where tests/setup.sh puts them.

import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const clients = process.env.SPANLOOM_CLIENTS;
if (!clients) throw new Error('SPANLOOM_CLIENTS does not say where tests/setup.sh put the clients');
const require = createRequire(join(clients, 'node', 'package.json'));
const { context, createTraceState, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } = require('@opentelemetry/api');
const { BasicTracerProvider, BatchSpanProcessor } = require('@opentelemetry/sdk-trace-base');
const { defaultResource, resourceFromAttributes } = require('@opentelemetry/resources');
const exporters = {
  grpc: require('@opentelemetry/exporter-trace-otlp-grpc').OTLPTraceExporter,
  'http/protobuf': require('@opentelemetry/exporter-trace-otlp-proto').OTLPTraceExporter,
  'http/json': require('@opentelemetry/exporter-trace-otlp-http').OTLPTraceExporter,
};

const { values: args } = parseArgs({
  options: {
    endpoint: { type: 'string' },
    protocol: { type: 'string' },
    compression: { type: 'string', default: 'none' },
    seed: { type: 'string', default: '1' },
    'start-ns': { type: 'string' },
  },
});

/** Ids that are the same for the same seed. */
class SeededIds {
  count = 0;
  next(bytes) {
    return createHash('sha256').update(`${args.seed}/${this.count++}`).digest('hex').slice(0, bytes * 2);
  }
  generateTraceId = () => this.next(16);
  generateSpanId = () => this.next(8);
}

const ids = new SeededIds();

/** Hands spans on to the exporter under test, and keeps them and its verdicts. */
class Recording {
  spans = [];
  refused = 0;
  constructor(exporter) {
    this.exporter = exporter;
  }
  export(spans, done) {
    this.spans.push(...spans);
    this.exporter.export(spans, (result) => {
      if (result.code !== 0) {
        this.refused += 1;
        console.error('export refused', result.error);
      }
      done(result);
    });
  }
  forceFlush = () => this.exporter.forceFlush();
  shutdown = () => this.exporter.shutdown();
}

function exporter() {
  const url = args.protocol === 'grpc' ? args.endpoint : `${args.endpoint}/v1/traces`;
  return new exporters[args.protocol]({ url, compression: args.compression });
}

const start = BigInt(args['start-ns']);
const MS = 1_000_000n;

/** The SDK's own form of a time: seconds and nanoseconds. */
function at(ns) {
  return [Number(ns / 1_000_000_000n), Number(ns % 1_000_000_000n)];
}

/** One trace that uses what an SDK can say: kinds, types, events, links, status, trace state, limits. */
function rich(tracer) {
  const remote = {
    traceId: ids.generateTraceId(),
    spanId: 'fedcba9876543210',
    isRemote: true,
    traceFlags: 1,
    traceState: createTraceState('vendor@shop=a:b,other=1'),
  };
  const linked = {
    traceId: '00000000000000070000000000000000',
    spanId: '0000000000000009',
    traceFlags: 0,
    traceState: createTraceState('k=v'),
  };
  const root = tracer.startSpan(
    'GET /stock/{id}',
    {
      kind: SpanKind.SERVER,
      startTime: at(start),
      links: [{ context: linked, attributes: { why: 'retry', n: 3 } }],
      attributes: {
        'http.request.method': 'GET',
        'http.response.status_code': 200,
        'url.path': '/stock/42',
        'server.port': 8080,
      },
    },
    trace.setSpanContext(ROOT_CONTEXT, remote),
  );
  root.setAttributes({
    'bool.true': true,
    'bool.false': false,
    'int.max': Number.MAX_SAFE_INTEGER,
    'int.min': Number.MIN_SAFE_INTEGER,
    double: 0.1,
    'double.small': 1.5e-300,
    'text.empty': '',
    text: 'grüße, 世界 \u{1f600} "quoted" \\ \n\t',
    strings: ['a', '', 'ü'],
    ints: [1, -2, 3],
    doubles: [1.5, -0.25],
    bools: [true, false],
    'array.empty': [],
  });
  const inside = trace.setSpan(ROOT_CONTEXT, root);
  const call = tracer.startSpan('call', { kind: SpanKind.CLIENT, startTime: at(start + MS) }, inside);
  call.setAttributes({ 'http.status_code': '503', 'http.request.resend_count': 1, 'peer.service': 'ledger' });
  call.setStatus({ code: SpanStatusCode.ERROR, message: 'upstream said 503: größer' });
  const exception = { name: 'RangeError', message: 'no stock', stack: 'RangeError: no stock\n    at here' };
  call.recordException(exception, at(start + 2n * MS));
  call.end(at(start + 3n * MS));
  const many = tracer.startSpan('many', { startTime: at(start + 3n * MS) }, inside);
  for (let n = 0; n < 7; n++) many.addEvent(`event ${n}`, { n }, at(start + 3n * MS + BigInt(n))); // 5 are kept
  many.setStatus({ code: SpanStatusCode.OK });
  many.end(at(start + 3n * MS)); // no time passed
  for (const kind of [SpanKind.PRODUCER, SpanKind.CONSUMER]) {
    const span = tracer.startSpan(SpanKind[kind].toLowerCase(), { kind, startTime: at(start + 4n * MS) }, inside);
    span.setAttributes({ 'messaging.system': 'kafka', 'messaging.destination.name': 'stock' });
    span.end(at(start + 5n * MS + 1n));
  }
  root.end(at(start + 9n * MS));
}

/** One trace of more spans than the SDK puts in one request. */
function wide(tracer) {
  const root = tracer.startSpan('batch', { startTime: at(start) }, ROOT_CONTEXT);
  const inside = trace.setSpan(ROOT_CONTEXT, root);
  for (let n = 0n; n < 700n; n++) {
    const options = { startTime: at(start + n), attributes: { item: Number(n) } };
    tracer.startSpan(`item ${n % 10n}`, options, inside).end(at(start + n + 1000n));
  }
  root.end(at(start + MS));
}

function anyValue(value) {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number') return Number.isInteger(value) ? { intValue: integer(value) } : { doubleValue: value };
  return { arrayValue: { values: value.map(anyValue) } };
}

/** A whole number as the 64-bit integer that goes over the wire. */
function integer(value) {
  return BigInt(value).toString();
}

function keyValues(attributes) {
  return Object.entries(attributes ?? {}).map(([key, value]) => ({ key, value: anyValue(value) }));
}

function nanos([seconds, rest]) {
  return (BigInt(seconds) * 1_000_000_000n + BigInt(rest)).toString();
}

/** W3C trace flags, "is remote is known", and whether it is. */
function flags(own, place) {
  return own.traceFlags | 0x100 | (place?.isRemote ? 0x200 : 0);
}

function expected(span) {
  const own = span.spanContext();
  const { name, version, schemaUrl } = span.instrumentationScope;
  return {
    resource: { attributes: keyValues(span.resource.attributes), schemaUrl: span.resource.schemaUrl },
    scope: { name, version, schemaUrl },
    span: {
      traceId: own.traceId,
      spanId: own.spanId,
      parentSpanId: span.parentSpanContext?.spanId,
      traceState: own.traceState?.serialize(),
      flags: flags(own, span.parentSpanContext),
      name: span.name,
      kind: span.kind + 1,
      startTimeUnixNano: nanos(span.startTime),
      endTimeUnixNano: nanos(span.endTime),
      attributes: keyValues(span.attributes),
      droppedAttributesCount: span.droppedAttributesCount,
      events: span.events.map((event) => ({
        timeUnixNano: nanos(event.time),
        name: event.name,
        attributes: keyValues(event.attributes),
        droppedAttributesCount: event.droppedAttributesCount,
      })),
      droppedEventsCount: span.droppedEventsCount,
      links: span.links.map((link) => ({
        traceId: link.context.traceId,
        spanId: link.context.spanId,
        traceState: link.context.traceState?.serialize(),
        attributes: keyValues(link.attributes),
        droppedAttributesCount: link.droppedAttributesCount,
        flags: flags(link.context, link.context),
      })),
      droppedLinksCount: span.droppedLinksCount,
      status: { code: span.status.code, message: span.status.message ?? '' },
    },
  };
}

const recording = new Recording(exporter());
const provider = new BasicTracerProvider({
  // The default one says which SDK this is.
  resource: defaultResource().merge(
    resourceFromAttributes(
      { 'service.name': 'stock', 'service.namespace': 'shop', 'service.instance.id': `node-${args.seed}`, weight: 0.5 },
      { schemaUrl: 'https://opentelemetry.io/schemas/1.30.0' },
    ),
  ),
  idGenerator: ids,
  spanLimits: { eventCountLimit: 5 },
  spanProcessors: [new BatchSpanProcessor(recording, { maxQueueSize: 4096, maxExportBatchSize: 256 })],
});
context.disable();
rich(provider.getTracer('shop.stock', '1.2.3', { schemaUrl: 'https://example.org/schema' }));
wide(provider.getTracer('shop.batch'));
await provider.forceFlush();
await provider.shutdown();
process.stdout.write(JSON.stringify({ spans: recording.spans.map(expected) }));
process.exitCode = recording.refused ? 1 : 0;
