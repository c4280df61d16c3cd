"""Exports a few deterministic metrics with OpenTelemetry's Python SDK and its own exporters.

    metrics.py --endpoint URL --protocol grpc|http/protobuf|http/json --compression none|gzip
               --temporality cumulative|delta --seed N

Exports three times, and prints as JSON what has to be found of it as Prometheus has it:

    {"series": [{"labels", "value"}],                           `__name__` among the labels
     "histograms": [{"labels", "count", "sum", "buckets"}],     native ones; buckets are [above, up to, count]
     "metadata": {family: {"type", "help", "unit"}},
     "exemplars": [{"series", "labels", "value", "time_ms"}]}   the series by its labels

made from the SDK's own data points and not by the exporter, by the names that stand in `INSTRUMENTS`. Source of the
rules: OpenTelemetry specification, "Prometheus and OpenMetrics Compatibility". Values are those of the last export, or
the sums of all deltas. Ends with 1 when an export was refused.
"""

import argparse
import json
import math
import sys
from collections import Counter

from grpc import Compression as GrpcCompression
from opentelemetry import trace
from opentelemetry.exporter.otlp.common.http import Compression as JsonCompression
from opentelemetry.exporter.otlp.json.http.metric_exporter import OTLPMetricExporter as JsonExporter
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter as GrpcExporter
from opentelemetry.exporter.otlp.proto.http import Compression as HttpCompression
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter as HttpExporter
from opentelemetry.metrics import Observation
from opentelemetry.sdk.metrics import (
    Counter as CounterKind,
    Histogram as HistogramKind,
    MeterProvider,
    ObservableCounter as ObservableCounterKind,
)
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    ExponentialHistogram,
    Gauge,
    Histogram,
    MetricExporter,
    MetricExportResult,
    PeriodicExportingMetricReader,
    Sum,
)
from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

EXPORTS = 3
# Prometheus has no finer native histograms.
SCALE_MAX = 8
# Of a zero bucket that names none.
ZERO_THRESHOLD = 1e-128

# Of each instrument: its unit, and the family and unit that Prometheus knows.
INSTRUMENTS = {
    "orders.placed": ("{order}", "orders_placed_total", ""),
    "orders.volume": ("By", "orders_volume_bytes_total", "bytes"),
    "queue.length": ("1", "queue_length", ""),
    "http.server.request.duration": ("s", "http_server_request_duration_seconds", "seconds"),
    "payload.size": ("By", "payload_size_bytes", "bytes"),
    "cpu.utilization": ("1", "cpu_utilization_ratio", ""),
    "process.cpu.time": ("s", "process_cpu_time_seconds_total", "seconds"),
    "process.memory_bytes": ("By", "process_memory_bytes", "bytes"),
    "room.temperature": ("Cel", "room_temperature_celsius", "celsius"),
    "disk.speed": ("By/s", "disk_speed_bytes_per_second", "bytes_per_second"),
}
SCOPE = {"name": "shop.orders", "version": "1.2.3", "schema_url": "https://example.org/schema"}
SCOPE_LABELS = {f"otel_scope_{key}": value for key, value in {**SCOPE, "team": "orders"}.items()}
# Attributes of all kinds, and the labels that they become.
ATTRIBUTES = {"http.request.method": "GET", "code": 200, "ok": True, "weight": 0.5, "tags": ("a", "ü"), "1st": "x"}
LABELS = {
    "http_request_method": "GET", "code": "200", "ok": "true", "weight": "0.5", "tags": '["a","ü"]', "key_1st": "x",
}
PLAIN = {"http.request.method": "POST"}
LABELS_OF = {tuple(sorted(ATTRIBUTES)): LABELS, tuple(sorted(PLAIN)): {"http_request_method": "POST"}, (): {}}
SAMPLED = SpanContext(0x0AF7651916CD43DD8448EB211C80319C, 0xB7AD6B7169203331, False, TraceFlags(1))


class Recording(MetricExporter):
    """Hands metrics on to the exporter under test, and keeps them and its verdicts."""

    def __init__(self, exporter):
        super().__init__(exporter._preferred_temporality, exporter._preferred_aggregation)
        self.exporter, self.exported, self.refused = exporter, [], 0

    def export(self, metrics_data, timeout_millis=10_000, **kwargs):
        result = self.exporter.export(metrics_data, timeout_millis, **kwargs)
        self.refused += result is not MetricExportResult.SUCCESS
        self.exported.append(metrics_data)
        return result

    def force_flush(self, timeout_millis=10_000):
        return self.exporter.force_flush(timeout_millis)

    def shutdown(self, timeout_millis=30_000, **kwargs):
        self.exporter.shutdown(timeout_millis, **kwargs)


def exporter(protocol, endpoint, compression, temporality):
    """With deltas of all but what goes up and down, as the specification's preference "delta" has it."""
    kinds = (CounterKind, ObservableCounterKind, HistogramKind) if temporality == "delta" else ()
    options = {"preferred_temporality": dict.fromkeys(kinds, AggregationTemporality.DELTA)}
    gzip = compression == "gzip"
    if protocol == "grpc":
        kind = GrpcCompression.Gzip if gzip else GrpcCompression.NoCompression
        return GrpcExporter(endpoint=endpoint, insecure=True, compression=kind, **options)
    url = endpoint + "/v1/metrics"
    if protocol == "http/protobuf":
        kind = HttpCompression.Gzip if gzip else HttpCompression.NoCompression
        return HttpExporter(endpoint=url, compression=kind, **options)
    kind = JsonCompression.GZIP if gzip else JsonCompression.NONE
    return JsonExporter(endpoint=url, compression=kind, **options)


class Shop:
    """One instrument of each kind."""

    def __init__(self, meter):
        self.round = 0

        def made(create, name, *rest, **options):
            return create(name, *rest, unit=INSTRUMENTS[name][0], description=help_of(name), **options)

        self.placed = made(meter.create_counter, "orders.placed")
        self.volume = made(meter.create_counter, "orders.volume")
        self.queue = made(meter.create_up_down_counter, "queue.length")
        bounds = [0.005, 0.1, 1, 2.5]
        self.duration = made(meter.create_histogram, "http.server.request.duration",
                             explicit_bucket_boundaries_advisory=bounds)
        self.size = made(meter.create_histogram, "payload.size")
        self.utilization = made(meter.create_gauge, "cpu.utilization")
        made(meter.create_observable_counter, "process.cpu.time", [self._observe(lambda n: 1.5 * n)])
        made(meter.create_observable_up_down_counter, "process.memory_bytes", [self._observe(lambda n: 4096 - n)])
        made(meter.create_observable_gauge, "room.temperature", [self._observe(lambda n: -3.25 + n)])
        made(meter.create_observable_gauge, "disk.speed", [self._observe(lambda n: 1e9 / (n + 1))])

    def _observe(self, value):
        return lambda _options: [Observation(value(self.round), ATTRIBUTES)]

    def work(self):
        """What is measured until the next export; some of it in a sampled span, so that there are exemplars."""
        self.round += 1
        n = self.round
        self.placed.add(n, ATTRIBUTES)
        self.placed.add(1, PLAIN)
        self.volume.add(0.25 * n)
        self.queue.add(-2 if n == 2 else 5, PLAIN)
        self.utilization.set(0.125 * n, ATTRIBUTES)
        for value in (0.001, 0.005, 0.3, 1.0, 7.0 * n):
            self.duration.record(value, ATTRIBUTES)
        for value in (0, 1, 1.001, 300 * n, 1e6, 2.0**-20):
            self.size.record(value, PLAIN)
        with trace.use_span(NonRecordingSpan(SAMPLED)):
            self.duration.record(0.7, ATTRIBUTES)
            self.placed.add(10, ATTRIBUTES)


def help_of(name):
    return f"What {name} says."


class Expected:
    """Data points as Prometheus has them."""

    def __init__(self, instance, resource):
        self.target = {"job": "shop/orders", "instance": instance}
        self.identity = {**self.target, **SCOPE_LABELS}
        self.series, self.histograms, self.metadata, self.exemplars = {}, {}, {}, []
        info = {key.replace(".", "_"): str(value) for key, value in resource.items()}
        for identifying in ("service_name", "service_namespace", "service_instance_id"):
            info.pop(identifying)
        self._set("target_info", {**info, **self.target}, 1, adds=False)
        self.metadata["target_info"] = {"type": "gauge", "help": "Target metadata", "unit": ""}

    def add(self, metric):
        _, family, unit = INSTRUMENTS[metric.name]
        data, kind = metric.data, kind_of(metric.data)
        self.metadata[family] = {"type": kind, "help": help_of(metric.name), "unit": unit}
        adds = getattr(data, "aggregation_temporality", None) is AggregationTemporality.DELTA
        for point in data.data_points:
            labels = {**LABELS_OF[tuple(sorted(point.attributes or {}))], **self.identity}
            if isinstance(data, Histogram):
                self._classic(family, labels, point, adds)
            elif isinstance(data, ExponentialHistogram):
                self._native(family, labels, point, adds)
            else:
                self._set(family, labels, point.value, adds)
                if kind == "counter":
                    self._exemplars(family, labels, point.exemplars)

    def _set(self, name, labels, value, adds):
        key = key_of(name, labels)
        self.series[key] = value + (self.series.get(key, 0) if adds else 0)

    def _classic(self, family, labels, point, adds):
        self._set(family + "_count", labels, point.count, adds)
        self._set(family + "_sum", labels, point.sum, adds)
        below, lower = 0, -math.inf
        for bound, count in zip([*point.explicit_bounds, math.inf], point.bucket_counts, strict=True):
            below += count
            labels_of_bucket = {**labels, "le": "+Inf" if bound == math.inf else f"{bound:g}"}
            self._set(family + "_bucket", labels_of_bucket, below, adds)
            inside = [exemplar for exemplar in point.exemplars if lower < exemplar.value <= bound]
            self._exemplars(family + "_bucket", labels_of_bucket, inside)
            lower = bound

    def _native(self, family, labels, point, adds):
        key = key_of(family, labels)
        added = Native(point)
        self.histograms[key] = added + self.histograms[key] if adds and key in self.histograms else added

    def _exemplars(self, name, labels, exemplars):
        for exemplar in exemplars:
            ids = {"trace_id": f"{exemplar.trace_id:032x}", "span_id": f"{exemplar.span_id:016x}"}
            series = dict(key_of(name, labels))
            found = {"series": series, "labels": ids, "value": exemplar.value,
                     "time_ms": exemplar.time_unix_nano // 1_000_000}
            self.exemplars.append(found)

    def json(self):
        series = [{"labels": dict(key), "value": value} for key, value in self.series.items()]
        histograms = [{"labels": dict(key), **native.json()} for key, native in self.histograms.items()]
        return {"series": series, "histograms": histograms, "metadata": self.metadata, "exemplars": self.exemplars}


class Native:
    """An exponential histogram of no negative measurements, at a scale that Prometheus has."""

    def __init__(self, point):
        self.scale, self.count, self.sum, self.zeros = point.scale, point.count, point.sum, point.zero_count
        offset, counts = point.positive.offset, point.positive.bucket_counts
        self.buckets = Counter({offset + index: count for index, count in enumerate(counts) if count})
        self._downscale(min(self.scale, SCALE_MAX))

    def __add__(self, other):
        scale = min(self.scale, other.scale)
        self._downscale(scale)
        other._downscale(scale)
        self.count, self.sum, self.zeros = self.count + other.count, self.sum + other.sum, self.zeros + other.zeros
        self.buckets += other.buckets
        return self

    def _downscale(self, scale):
        shift, self.scale, finer = self.scale - scale, scale, self.buckets
        self.buckets = Counter()
        for index, count in finer.items():
            self.buckets[index >> shift] += count

    def json(self):
        zero = [[-ZERO_THRESHOLD, ZERO_THRESHOLD, self.zeros]] if self.zeros else []
        growth = 2.0**-self.scale
        buckets = [[2 ** (i * growth), 2 ** ((i + 1) * growth), count] for i, count in sorted(self.buckets.items())]
        return {"count": self.count, "sum": self.sum, "buckets": zero + buckets}


def key_of(name, labels):
    return tuple(sorted({"__name__": name, **labels}.items()))


def kind_of(data):
    if isinstance(data, Sum):
        return "counter" if data.is_monotonic else "gauge"
    return "gauge" if isinstance(data, Gauge) else "histogram"


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--endpoint", required=True)
    arguments.add_argument("--protocol", choices=["grpc", "http/protobuf", "http/json"], required=True)
    arguments.add_argument("--compression", choices=["none", "gzip"], default="none")
    arguments.add_argument("--temporality", choices=["cumulative", "delta"], default="cumulative")
    arguments.add_argument("--seed", type=int, default=1)
    args = arguments.parse_args()

    recording = Recording(exporter(args.protocol, args.endpoint, args.compression, args.temporality))
    instance = f"python-{args.seed}"
    resource = Resource.create(
        {"service.name": "orders", "service.namespace": "shop", "service.instance.id": instance, "weight": 0.5}
    )
    exponential = View(instrument_name="payload.size", aggregation=ExponentialBucketHistogramAggregation())
    provider = MeterProvider(
        [PeriodicExportingMetricReader(recording, math.inf)], resource, shutdown_on_exit=False, views=[exponential]
    )
    scope = provider.get_meter(SCOPE["name"], SCOPE["version"], SCOPE["schema_url"], {"team": "orders"})
    shop = Shop(scope)
    for _ in range(EXPORTS):
        shop.work()
        provider.force_flush()
    provider.shutdown()

    expected = Expected(instance, resource.attributes)
    for exported in recording.exported:
        for metric in exported.resource_metrics[0].scope_metrics[0].metrics:
            expected.add(metric)
    json.dump(expected.json(), sys.stdout)
    return 1 if recording.refused else 0


if __name__ == "__main__":
    sys.exit(main())
