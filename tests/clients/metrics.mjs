// Exports a few deterministic metrics with OpenTelemetry's Node SDK and its own exporters.
//
//     metrics.mjs --endpoint URL --protocol grpc|http/protobuf|http/json --compression none|gzip
//                 --temporality cumulative|delta --seed N
//
// Exports three times, and prints what has to be found of it as Prometheus has it, in the form that metrics.py says;
// this SDK makes no exemplars. Made from the SDK's own data points and not by the exporter, by the names that stand in
// `instruments`. Ends with 1 when an export was refused. The packages are found in $SPANLOOM_CLIENTS/node, where
// tests/setup.sh puts them.

import { createRequire } from 'node:module';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const clients = process.env.SPANLOOM_CLIENTS;
if (!clients) throw new Error('SPANLOOM_CLIENTS does not say where tests/setup.sh put the clients');
const require = createRequire(join(clients, 'node', 'package.json'));
const { AggregationTemporality, AggregationType, DataPointType, MeterProvider, PeriodicExportingMetricReader } =
  require('@opentelemetry/sdk-metrics');
const { defaultResource, resourceFromAttributes } = require('@opentelemetry/resources');
const { AggregationTemporalityPreference } = require('@opentelemetry/exporter-metrics-otlp-http');
const exporters = {
  grpc: require('@opentelemetry/exporter-metrics-otlp-grpc').OTLPMetricExporter,
  'http/protobuf': require('@opentelemetry/exporter-metrics-otlp-proto').OTLPMetricExporter,
  'http/json': require('@opentelemetry/exporter-metrics-otlp-http').OTLPMetricExporter,
};

const { values: args } = parseArgs({
  options: {
    endpoint: { type: 'string' },
    protocol: { type: 'string' },
    compression: { type: 'string', default: 'none' },
    temporality: { type: 'string', default: 'cumulative' },
    seed: { type: 'string', default: '1' },
  },
});

const EXPORTS = 3;
// No export comes of itself.
const NEVER_MS = 2 ** 31 - 1;
// Prometheus has no finer native histograms.
const SCALE_MAX = 8;
// Of a zero bucket that names none.
const ZERO_THRESHOLD = 1e-128;

// Of each instrument: its unit, and the family and unit that Prometheus knows.
const instruments = {
  'stock.moves': ['{move}', 'stock_moves_total', ''],
  'stock.weight': ['kg', 'stock_weight_kg_total', 'kg'],
  'shelf.items': ['1', 'shelf_items', ''],
  'rpc.duration': ['ms', 'rpc_duration_milliseconds', 'milliseconds'],
  'parcel.size': ['m', 'parcel_size_meters', 'meters'],
  'shelf.load': ['1', 'shelf_load_ratio', ''],
  'belt.time': ['s', 'belt_time_seconds_total', 'seconds'],
  'belt.power': ['W', 'belt_power_watts', 'watts'],
  'door.humidity': ['%', 'door_humidity_percent', 'percent'],
};
const scope = { name: 'shop.stock', version: '2.0', schemaUrl: 'https://example.org/schema' };
// Attributes of all kinds, and the labels that they become.
const attributes = { 'shelf.row': 'ü "7"', level: 3, open: false, share: 0.25, tags: ['a', 'b'] };
const labels = { shelf_row: 'ü "7"', level: '3', open: 'false', share: '0.25', tags: '["a","b"]' };

/** Hands metrics on to the exporter under test, and keeps them and its verdicts. */
class Recording {
  exported = [];
  refused = 0;
  constructor(exporter) {
    this.exporter = exporter;
  }
  export(metrics, done) {
    this.exported.push(metrics);
    this.exporter.export(metrics, (result) => {
      if (result.code !== 0) {
        this.refused += 1;
        console.error('export refused', result.error);
      }
      done(result);
    });
  }
  selectAggregationTemporality = (kind) => this.exporter.selectAggregationTemporality(kind);
  selectAggregation = (kind) => this.exporter.selectAggregation(kind);
  forceFlush = () => this.exporter.forceFlush();
  shutdown = () => this.exporter.shutdown();
}

/** With deltas of all but what goes up and down, where deltas are asked for. */
function exporter() {
  const url = args.protocol === 'grpc' ? args.endpoint : `${args.endpoint}/v1/metrics`;
  const { DELTA, CUMULATIVE } = AggregationTemporalityPreference;
  const temporalityPreference = args.temporality === 'delta' ? DELTA : CUMULATIVE;
  return new exporters[args.protocol]({ url, compression: args.compression, temporalityPreference });
}

function help(name) {
  return `What ${name} says.`;
}

/** One instrument of each kind; returns what measures until the next export. */
function shop(meter) {
  const options = (name, more = {}) => ({ unit: instruments[name][0], description: help(name), ...more });
  const moves = meter.createCounter('stock.moves', options('stock.moves'));
  const weight = meter.createCounter('stock.weight', options('stock.weight'));
  const items = meter.createUpDownCounter('shelf.items', options('shelf.items'));
  const bounds = { advice: { explicitBucketBoundaries: [0.5, 10, 250] } };
  const duration = meter.createHistogram('rpc.duration', options('rpc.duration', bounds));
  const size = meter.createHistogram('parcel.size', options('parcel.size'));
  const load = meter.createGauge('shelf.load', options('shelf.load'));
  let round = 0;
  const observe = (instrument, value) => instrument.addCallback((result) => result.observe(value(round), attributes));
  observe(meter.createObservableCounter('belt.time', options('belt.time')), (n) => 2.5 * n);
  observe(meter.createObservableUpDownCounter('belt.power', options('belt.power')), (n) => 100 - 30 * n);
  observe(meter.createObservableGauge('door.humidity', options('door.humidity')), (n) => 40.5 + n);
  return () => {
    round += 1;
    moves.add(round, attributes);
    moves.add(1);
    weight.add(0.5 * round);
    items.add(round === 2 ? -2 : 5, attributes);
    load.record(0.125 * round, attributes);
    for (const value of [0.25, 0.5, 3, 10, 9000 * round]) duration.record(value, attributes);
    for (const value of [0, 0.125, 1, 1.001, 70 * round, 1e5]) size.record(value, attributes);
  };
}

/** Data points as Prometheus has them. */
class Expected {
  series = new Map();
  histograms = new Map();
  metadata = {};
  constructor(resource) {
    const { 'service.name': name, 'service.namespace': namespace, 'service.instance.id': instance, ...rest } = resource;
    this.target = { job: `${namespace}/${name}`, instance };
    const { name: otel_scope_name, version: otel_scope_version, schemaUrl: otel_scope_schema_url } = scope;
    this.scope = { otel_scope_name, otel_scope_version, otel_scope_schema_url };
    const info = Object.entries(rest).map(([key, value]) => [key.replace(/[^A-Za-z0-9]/g, '_'), String(value)]);
    this.set('target_info', { ...Object.fromEntries(info), ...this.target }, 1, false);
    this.metadata.target_info = { type: 'gauge', help: 'Target metadata', unit: '' };
  }

  add(metric) {
    const { name } = metric.descriptor;
    const [, family, unit] = instruments[name];
    this.metadata[family] = { type: kindOf(metric), help: help(name), unit };
    const isDelta = metric.aggregationTemporality === AggregationTemporality.DELTA;
    const adds = isDelta && metric.dataPointType !== DataPointType.GAUGE;
    for (const point of metric.dataPoints) {
      const own = Object.keys(point.attributes).length ? labels : {};
      const all = { ...own, ...this.scope, ...this.target };
      if (metric.dataPointType === DataPointType.HISTOGRAM) this.classic(family, all, point.value, adds);
      else if (metric.dataPointType === DataPointType.EXPONENTIAL_HISTOGRAM) this.native(family, all, point.value, adds);
      else this.set(family, all, point.value, adds);
    }
  }

  set(name, own, value, adds) {
    const key = keyOf(name, own);
    this.series.set(key, value + (adds ? (this.series.get(key) ?? 0) : 0));
  }

  classic(family, own, { count, sum, buckets }, adds) {
    this.set(`${family}_count`, own, count, adds);
    this.set(`${family}_sum`, own, sum, adds);
    let below = 0;
    [...buckets.boundaries, Infinity].forEach((bound, at) => {
      below += buckets.counts[at];
      this.set(`${family}_bucket`, { ...own, le: bound === Infinity ? '+Inf' : String(bound) }, below, adds);
    });
  }

  native(family, own, value, adds) {
    const key = keyOf(family, own);
    const histogram = nativeOf(value);
    const before = adds ? this.histograms.get(key) : undefined;
    this.histograms.set(key, before ? sumOf(before, histogram) : histogram);
  }

  json() {
    const series = [...this.series].map(([key, value]) => ({ labels: JSON.parse(key), value }));
    const histograms = [...this.histograms].map(([key, value]) => ({ labels: JSON.parse(key), ...nativeJson(value) }));
    return { series, histograms, metadata: this.metadata, exemplars: [] };
  }
}

/** An exponential histogram of no negative measurements, at a scale that Prometheus has. */
function nativeOf({ count, sum, scale, zeroCount, positive }) {
  const buckets = new Map();
  positive.bucketCounts.forEach((n, at) => {
    if (n) buckets.set(positive.offset + at, n);
  });
  return downscaled({ count, sum, zeroCount, scale, buckets }, Math.min(scale, SCALE_MAX));
}

function downscaled(histogram, scale) {
  const buckets = new Map();
  for (const [index, count] of histogram.buckets) {
    const coarser = index >> (histogram.scale - scale);
    buckets.set(coarser, (buckets.get(coarser) ?? 0) + count);
  }
  return { ...histogram, scale, buckets };
}

function sumOf(one, other) {
  const scale = Math.min(one.scale, other.scale);
  const { buckets } = downscaled(one, scale);
  for (const [at, n] of downscaled(other, scale).buckets) buckets.set(at, (buckets.get(at) ?? 0) + n);
  const [count, sum] = [one.count + other.count, one.sum + other.sum];
  return { count, sum, zeroCount: one.zeroCount + other.zeroCount, scale, buckets };
}

function nativeJson({ count, sum, scale, zeroCount, buckets }) {
  const zero = zeroCount ? [[-ZERO_THRESHOLD, ZERO_THRESHOLD, zeroCount]] : [];
  const bound = (index) => 2 ** (index * 2 ** -scale);
  const sorted = [...buckets].sort(([one], [other]) => one - other);
  return { count, sum, buckets: [...zero, ...sorted.map(([index, n]) => [bound(index), bound(index + 1), n])] };
}

function keyOf(name, own) {
  return JSON.stringify(Object.fromEntries(Object.entries({ __name__: name, ...own }).sort()));
}

function kindOf(metric) {
  if (metric.dataPointType === DataPointType.SUM) return metric.isMonotonic ? 'counter' : 'gauge';
  return metric.dataPointType === DataPointType.GAUGE ? 'gauge' : 'histogram';
}

const recording = new Recording(exporter());
// The default one says which SDK this is.
const resource = defaultResource().merge(
  resourceFromAttributes({
    'service.name': 'stock',
    'service.namespace': 'shop',
    'service.instance.id': `node-${args.seed}`,
    weight: 0.5,
  }),
);
const provider = new MeterProvider({
  resource,
  readers: [new PeriodicExportingMetricReader({ exporter: recording, exportIntervalMillis: NEVER_MS })],
  views: [{ instrumentName: 'parcel.size', aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM } }],
});
const work = shop(provider.getMeter(scope.name, scope.version, { schemaUrl: scope.schemaUrl }));
for (let n = 0; n < EXPORTS; n++) {
  work();
  await provider.forceFlush();
}
await provider.shutdown();

const expected = new Expected(resource.attributes);
for (const { scopeMetrics } of recording.exported) scopeMetrics[0].metrics.forEach((metric) => expected.add(metric));
process.stdout.write(JSON.stringify(expected.json()));
process.exitCode = recording.refused ? 1 : 0;
