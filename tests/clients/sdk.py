"""Exports a few deterministic traces with OpenTelemetry's Python SDK and its own exporters.

    sdk.py --endpoint URL --protocol grpc|http/protobuf|http/json --compression none|gzip --seed N --start-ns T

Prints what it exported as JSON, `{"spans": [{"resource", "scope", "span"}]}` in OTLP/JSON's words, made from the SDK's
own spans and not by the exporter. Ids come from the seed, times from T. Ends with 1 when an export was refused.
"""

import argparse
import base64
import json
import random
import sys

from grpc import Compression as GrpcCompression
from opentelemetry import trace
from opentelemetry.exporter.otlp.common.http import Compression as JsonCompression
from opentelemetry.exporter.otlp.json.http.trace_exporter import OTLPSpanExporter as JsonExporter
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcExporter
from opentelemetry.exporter.otlp.proto.http import Compression as HttpCompression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, SpanKind, Status, StatusCode
from opentelemetry.trace import TraceFlags, TraceState

MS = 1_000_000


class SeededIds(IdGenerator):
    def __init__(self, seed):
        self.random = random.Random(seed)

    def generate_span_id(self):
        return self.random.getrandbits(64) or 1

    def generate_trace_id(self):
        return self.random.getrandbits(128) or 1


class Recording(SpanExporter):
    """Hands spans on to the exporter under test, and keeps them and its verdicts."""

    def __init__(self, exporter):
        self.exporter, self.spans, self.refused = exporter, [], 0

    def export(self, spans):
        result = self.exporter.export(spans)
        self.refused += result is not SpanExportResult.SUCCESS
        self.spans.extend(spans)
        return result

    def shutdown(self):
        self.exporter.shutdown()


def exporter(protocol, endpoint, compression, headers):
    gzip = compression == "gzip"
    if protocol == "grpc":
        kind = GrpcCompression.Gzip if gzip else GrpcCompression.NoCompression
        return GrpcExporter(endpoint=endpoint, insecure=True, compression=kind, headers=headers)
    url = endpoint + "/v1/traces"
    if protocol == "http/protobuf":
        kind = HttpCompression.Gzip if gzip else HttpCompression.NoCompression
        return HttpExporter(endpoint=url, compression=kind, headers=headers)
    kind = JsonCompression.GZIP if gzip else JsonCompression.NONE
    return JsonExporter(endpoint=url, compression=kind, headers=headers)


def rich(tracer, start):
    """One trace that uses what an SDK can say: kinds, types, events, links, status, trace state, limits."""
    state = TraceState([("vendor@shop", "a:b"), ("other", "1")])
    trace_id = tracer.id_generator.generate_trace_id()
    remote = SpanContext(trace_id, 0xFEDCBA9876543210, True, TraceFlags(1), state)
    root = tracer.start_span(
        "GET /orders/{id}",
        context=trace.set_span_in_context(NonRecordingSpan(remote)),
        kind=SpanKind.SERVER,
        start_time=start,
        links=[Link(SpanContext(7 << 64, 9, False, TraceFlags(0)), {"why": "retry", "n": 3})],
        attributes={
            "http.request.method": "GET",
            "http.response.status_code": 200,
            "url.path": "/orders/42",
            "server.address": "orders.example",
            "server.port": 8080,
        },
    )
    root.set_attributes(
        {
            "bool.true": True,
            "bool.false": False,
            "int.min": -(2**63),
            "int.max": 2**63 - 1,
            "double": 0.1,
            "double.whole": 2.0,
            "double.large": 1.7976931348623157e308,
            "text.empty": "",
            "text": "grüße, 世界 \U0001f600 \"quoted\" \\ \n\t",
            "bytes": b"\x00\xff spanloom",
            "strings": ["a", "", "ü"],
            "ints": [1, -2, 3],
            "doubles": [1.5, -0.0],
            "bools": [True, False],
            "array.empty": [],
            "map": {"inner": {"deep": [1, "two", {"three": 3.0}]}, "empty": {}},
        }
    )
    context = trace.set_span_in_context(root)
    call = tracer.start_span("call", context=context, kind=SpanKind.CLIENT, start_time=start + MS)
    call.set_attributes({"http.status_code": "503", "http.request.resend_count": 1, "peer.service": "stock"})
    call.set_status(Status(StatusCode.ERROR, "upstream said 503: größer"))
    call.record_exception(ValueError("no stock"), timestamp=start + 2 * MS)
    call.end(start + 3 * MS)
    many = tracer.start_span("many", context=context, kind=SpanKind.INTERNAL, start_time=start + 3 * MS)
    for n in range(7):  # the provider keeps 5: two are dropped and counted
        many.add_event(f"event {n}", {"n": n}, timestamp=start + 3 * MS + n)
    many.set_status(Status(StatusCode.OK))
    many.end(start + 3 * MS)  # no time passed
    for kind in (SpanKind.PRODUCER, SpanKind.CONSUMER):
        span = tracer.start_span(kind.name.lower(), context=context, kind=kind, start_time=start + 4 * MS)
        span.set_attributes({"messaging.system": "kafka", "messaging.destination.name": "orders"})
        span.end(start + 5 * MS + 1)
    root.end(start + 9 * MS)


def wide(tracer, start):
    """One trace of more spans than the SDK puts in one request."""
    root = tracer.start_span("batch", start_time=start)
    context = trace.set_span_in_context(root)
    for n in range(700):
        span = tracer.start_span(f"item {n % 10}", context=context, start_time=start + n, attributes={"item": n})
        span.end(start + n + 1000)
    root.end(start + MS)


def any_value(value):
    if value is None:
        return {}
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, str):
        return {"stringValue": value}
    if isinstance(value, bytes):
        return {"bytesValue": base64.b64encode(value).decode()}
    if hasattr(value, "items"):
        return {"kvlistValue": {"values": key_values(value)}}
    return {"arrayValue": {"values": [any_value(item) for item in value]}}


def key_values(attributes):
    return [{"key": key, "value": any_value(value)} for key, value in (attributes or {}).items()]


def trace_state(context):
    return ",".join(f"{key}={value}" for key, value in context.trace_state.items())


def flags(context):
    return 0x300 if context and context.is_remote else 0x100  # "is remote" is known, and set or not


def expected(span):
    context, status, scope = span.context, span.status, span.instrumentation_scope
    return {
        "resource": {"attributes": key_values(span.resource.attributes), "schemaUrl": span.resource.schema_url},
        "scope": {
            "name": scope.name,
            "version": scope.version,
            "attributes": key_values(scope.attributes),
            "schemaUrl": scope.schema_url,
        },
        "span": {
            "traceId": f"{context.trace_id:032x}",
            "spanId": f"{context.span_id:016x}",
            "parentSpanId": f"{span.parent.span_id:016x}" if span.parent else "",
            "traceState": trace_state(context),
            "flags": flags(span.parent),
            "name": span.name,
            "kind": span.kind.value + 1,
            "startTimeUnixNano": str(span.start_time),
            "endTimeUnixNano": str(span.end_time),
            "attributes": key_values(span.attributes),
            "droppedAttributesCount": span.dropped_attributes,
            "events": [
                {
                    "timeUnixNano": str(event.timestamp),
                    "name": event.name,
                    "attributes": key_values(event.attributes),
                    "droppedAttributesCount": event.dropped_attributes,
                }
                for event in span.events
            ],
            "droppedEventsCount": span.dropped_events,
            "links": [
                {
                    "traceId": f"{link.context.trace_id:032x}",
                    "spanId": f"{link.context.span_id:016x}",
                    "attributes": key_values(link.attributes),
                    "droppedAttributesCount": link.dropped_attributes,
                    "flags": flags(link.context),
                }
                for link in span.links
            ],
            "droppedLinksCount": span.dropped_links,
            "status": {"code": status.status_code.value, "message": status.description or ""},
        },
    }


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--endpoint", required=True)
    arguments.add_argument("--protocol", choices=["grpc", "http/protobuf", "http/json"], required=True)
    arguments.add_argument("--compression", choices=["none", "gzip"], default="none")
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--start-ns", type=int, required=True)
    arguments.add_argument("--tenant")
    args = arguments.parse_args()

    headers = {"x-scope-orgid": args.tenant} if args.tenant else {}
    recording = Recording(exporter(args.protocol, args.endpoint, args.compression, headers))
    provider = TracerProvider(
        resource=Resource.create(
            {
                "service.name": "orders",
                "service.namespace": "shop",
                "service.instance.id": f"python-{args.seed}",
                "weight": 0.5,
            },
            schema_url="https://opentelemetry.io/schemas/1.30.0",
        ),
        id_generator=SeededIds(args.seed),
        span_limits=SpanLimits(max_events=5),
        shutdown_on_exit=False,
    )
    provider.add_span_processor(BatchSpanProcessor(recording, max_queue_size=4096, max_export_batch_size=256))
    scope = {"team": "orders", "level": 2}
    rich(provider.get_tracer("shop.orders", "1.2.3", "https://example.org/schema", scope), args.start_ns)
    wide(provider.get_tracer("shop.batch"), args.start_ns)
    provider.force_flush()
    provider.shutdown()
    json.dump({"spans": [expected(span) for span in recording.spans]}, sys.stdout)
    return 1 if recording.refused else 0


if __name__ == "__main__":
    sys.exit(main())
