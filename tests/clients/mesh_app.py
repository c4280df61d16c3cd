"""The apps of the mesh. Most know nothing of tracing but to hand on headers; some speak for themselves, with
OpenTelemetry's SDK."""

import concurrent.futures
import contextlib
import http.client
import http.server
import threading
from collections import Counter

from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import SpanKind, Status, StatusCode, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from mesh_shop import NAMESPACE, SDK_NAMES, WORK

PORT = 8080
CALL_SECONDS_MAX = 30
PROPAGATED = [
    "traceparent", "tracestate", "x-request-id",
    "x-b3-traceid", "x-b3-spanid", "x-b3-parentspanid", "x-b3-sampled", "x-b3-flags", "b3",
]


class Calls:
    """Calls that were made, and those of them that failed, as who made them sees it."""

    def __init__(self):
        self.lock, self.requests, self.errors = threading.Lock(), Counter(), Counter()

    def add(self, source, target, status):
        with self.lock:
            self.requests[source, target] += 1
            self.errors[source, target] += status >= 500


class Silent:
    """An app that hands on the headers it was given."""

    @contextlib.contextmanager
    def serving(self, request):
        given = {name: request.headers[name] for name in PROPAGATED if name in request.headers}
        yield given, lambda _status: None

    @contextlib.contextmanager
    def calling(self, given, _target, _path):
        yield given, lambda _status: None

    def stop(self):
        return 0


class Sdk:
    """An app that makes spans of what it serves and calls, by the semantic conventions of HTTP."""

    def __init__(self, service, otlp_port):
        self.exporter = Counted(OTLPSpanExporter(endpoint=f"http://127.0.0.1:{otlp_port}", insecure=True))
        resource = Resource({"service.name": SDK_NAMES[service], **self.namespace(service)})
        self.provider = TracerProvider(resource=resource)
        self.provider.add_span_processor(BatchSpanProcessor(self.exporter, schedule_delay_millis=500))
        self.tracer, self.headers = self.provider.get_tracer("shop"), TraceContextTextMapPropagator()

    @staticmethod
    def namespace(service):
        """Whoever has another name than its proxy says nothing of where it runs either."""
        return {"k8s.namespace.name": NAMESPACE} if SDK_NAMES[service] == service else {}

    @contextlib.contextmanager
    def serving(self, request):
        attributes = {"http.request.method": request.command, "url.path": request.path, "url.scheme": "http"}
        parent = self.headers.extract({name.lower(): value for name, value in request.headers.items()})
        with self._span(f"GET {request.path}", SpanKind.SERVER, parent, attributes, 500) as (span, end):
            yield set_span_in_context(span), end

    @contextlib.contextmanager
    def calling(self, context, target, path):
        host = host_of(target)
        url = {"url.full": f"http://{host}:{PORT}{path}", "server.address": host, "server.port": PORT}
        attributes = {"http.request.method": "GET", **url}
        with self._span("GET", SpanKind.CLIENT, context, attributes, 400) as (span, end):
            given = {}
            self.headers.inject(given, set_span_in_context(span))
            yield given, end

    @contextlib.contextmanager
    def _span(self, name, kind, parent, attributes, error_from):
        span = self.tracer.start_span(name, parent, kind, attributes)

        def end(status):
            span.set_attribute("http.response.status_code", status)
            if status >= error_from:
                span.set_attribute("error.type", str(status))
                span.set_status(Status(StatusCode.ERROR))

        try:
            yield span, end
        finally:
            span.end()

    def stop(self):
        """Sends what is left; returns how many spans were taken by the server."""
        self.provider.shutdown()
        return self.exporter.taken


class Counted(SpanExporter):
    def __init__(self, exporter):
        self.exporter, self.taken = exporter, 0

    def export(self, spans):
        result = self.exporter.export(spans)
        self.taken += len(spans) if result is SpanExportResult.SUCCESS else 0
        return result

    def shutdown(self):
        self.exporter.shutdown()


def host_of(service):
    return f"{service}.{NAMESPACE}"


class App:
    """A service: a server of its own, which calls others through its proxy."""

    def __init__(self, service, telemetry, calls):
        self.service, self.telemetry, self.calls, self.outbound = service, telemetry, calls, None
        self.server = Server(("127.0.0.1", 0), type("Handler", (Handler,), {"app": self}))
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def work(self, path, context):
        """Makes the calls of a path and returns the status that they come to."""
        work = WORK[self.service][path]

        def call(target):
            return self._call(target, path, context)

        if work.at_once:
            with concurrent.futures.ThreadPoolExecutor(len(work.calls)) as pool:
                statuses = list(pool.map(call, work.calls))
        else:
            statuses = [call(target) for target in work.calls]
        return 200 if work.swallows_errors else max(statuses, default=200)

    def _call(self, target, path, context):
        with self.telemetry.calling(context, target, path) as (headers, end):
            connection = http.client.HTTPConnection("127.0.0.1", self.outbound, timeout=CALL_SECONDS_MAX)
            connection.request("GET", path, headers={"host": f"{host_of(target)}:{PORT}", **headers})
            response = connection.getresponse()
            response.read()  # whoever closes earlier has ended the call
            connection.close()
            status = response.status
            end(status)
        self.calls.add(self.service, target, status)
        return status


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    app = None

    def do_GET(self):
        peer = self.headers.get("x-forwarded-client-cert", "")
        if "URI=spiffe://mesh.local/" not in peer:
            return self.answer(403, "no mutual TLS in front of this app")
        with self.app.telemetry.serving(self) as (context, end):
            status = self.status(context)
            end(status or 500)
        if status is None:
            self.close_connection = True
        else:
            self.answer(status, peer)

    def status(self, context):
        """None for no answer at all."""
        work = WORK[self.app.service].get(self.path)
        if work is None:
            return 404
        if int(self.headers.get("x-envoy-attempt-count", 1)) <= work.failing_attempts:
            return None if work.cuts else work.status
        return self.app.work(self.path, context)

    def answer(self, status, text):
        self.send_response(status)
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass  # a proxy that ends breaks the connections it kept open
