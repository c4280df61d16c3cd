"""A service mesh on loopback: a gateway and three services, an Envoy beside each, mutual TLS between them.

    mesh.py --otlp 127.0.0.1:4317 --directory DIR [--seconds 10] [--rate 20]

    load -> gateway -> web -> orders -> stock
                         \\-> stock

The apps know nothing of tracing but to hand on headers; the Envoys export OTLP to the address given. When every Envoy
has sent its spans and had them answered, prints as JSON what has to be found: `{"services": [...], "spans": N, "traces":
[{"trace_id", "path", "status", "spans"}]}`, trace ids from the gateway's own access log. Ends with 1 when a request did
not go as it must.
"""

import argparse
import http.client
import http.server
import json
import pathlib
import signal
import sys
import threading
import time

from mesh_envoy import Authority, Sidecar

PROPAGATED = ["traceparent", "tracestate", "x-request-id"]
SEND_SECONDS_MAX = 60

# Path -> (status, spans). An Envoy makes a SERVER span for a request that it lets through, and a CLIENT span for each
# attempt. gateway 2, then 2 for each arrival at a service (its inbound side) and 1 + attempts for each call that it
# makes (outbound).
PATHS = {
    "/order": (200, 2 + 2 + 2 + 2 + 2 + 2 + 2 + 2),  # web calls orders, which calls stock, and then stock itself
    "/stock": (200, 2 + 2 + 2 + 2),  # web calls stock
    "/nothing": (404, 2 + 2),  # web itself says no
    "/flaky": (200, 2 + 2 + 3 + 2 * 2),  # web calls orders, which fails at the first attempt
}
CALLS = {
    "web": {"/order": ["orders", "stock"], "/stock": ["stock"], "/flaky": ["orders"]},
    "orders": {"/order": ["stock"]},
    "stock": {},
}
KNOWN = {"web": ["/order", "/stock", "/flaky"], "orders": ["/order", "/flaky"], "stock": ["/order", "/stock"]}


class App(http.server.BaseHTTPRequestHandler):
    """A service that calls others through its sidecar, one after the other, and hands on tracing headers."""

    protocol_version = "HTTP/1.1"
    service, sidecar = None, None

    def do_GET(self):
        peer = self.headers.get("x-forwarded-client-cert", "")
        if "URI=spiffe://mesh.local/" in peer:
            self.answer(self.status(), peer)
        else:
            self.answer(403, "no mutual TLS in front of this app")

    def status(self):
        if self.path not in KNOWN[self.service]:
            return 404
        if self.path == "/flaky" and self.service == "orders" and self.headers.get("x-envoy-attempt-count") == "1":
            return 503
        statuses = [self.call(target) for target in CALLS[self.service].get(self.path, [])]
        return max(statuses, default=200)

    def call(self, target):
        connection = http.client.HTTPConnection("127.0.0.1", self.sidecar.ports["outbound"], timeout=30)
        headers = {name: self.headers[name] for name in PROPAGATED if name in self.headers}
        connection.request("GET", self.path, headers={"host": target, **headers})
        status = connection.getresponse().status
        connection.close()
        return status

    def answer(self, status, text):
        self.send_response(status)
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):
        pass  # a sidecar that ends breaks the connections it kept open


class Mesh:
    def __init__(self, directory, otlp_port):
        self.authority, self.otlp_port = Authority(directory), otlp_port
        self.sidecars, self.servers = {}, []

    def start(self):
        """From the leaves to the root, so that each side can be told the ports that those it calls were given."""
        for service in ["stock", "orders", "web"]:
            app = type("App", (App,), {"service": service})
            server = Server(("127.0.0.1", 0), app)
            threading.Thread(target=server.serve_forever, daemon=True).start()
            self.servers.append(server)
            targets = {target for targets in CALLS[service].values() for target in targets}
            app.sidecar = self.add(service, server.server_port, sorted(targets))
        self.add("gateway", None, ["web"])

    def add(self, service, app_port, targets):
        calls = {target: self.sidecars[target].ports["inbound"] for target in targets}
        sidecar = Sidecar(service, self.authority, self.otlp_port, app_port, calls)
        self.sidecars[service] = sidecar
        sidecar.start()
        return sidecar

    def stop(self):
        for sidecar in self.sidecars.values():
            if hasattr(sidecar, "process"):
                sidecar.stop()
        for server in self.servers:
            server.shutdown()

    def load(self, seconds, rate):
        """Sends the paths in turn at an even rate and returns them; raises when an answer is not as it must be."""
        connection = http.client.HTTPConnection("127.0.0.1", self.sidecars["gateway"].ports["inbound"], timeout=30)
        started, sent = time.monotonic(), []
        while (at := len(sent) / rate) < seconds:
            time.sleep(max(0.0, started + at - time.monotonic()))  # the pace of the load, nothing is waited for
            path = list(PATHS)[len(sent) % len(PATHS)]
            connection.request("GET", path, headers={"host": "shop.example"})
            response = connection.getresponse()
            response.read()
            if response.status != PATHS[path][0]:
                raise RuntimeError(f"GET {path} gave {response.status}, not {PATHS[path][0]}")
            sent.append(path)
        return sent

    def sent(self):
        """Spans that left the Envoys, once no export is under way."""
        if any(sidecar.counter("cluster.otlp.upstream_rq_active") for sidecar in self.sidecars.values()):
            return None
        return sum(sidecar.counter("opentelemetry.spans_sent") for sidecar in self.sidecars.values())

    def traces(self):
        """What the gateway's access log says: one line per request, with the trace that it started."""
        lines = self.sidecars["gateway"].access_log.read_text().splitlines()
        return [{**line, "spans": PATHS[line["path"]][1]} for line in map(json.loads, lines)]

    def check_mutual_tls(self):
        for service in ["web", "orders", "stock"]:
            if not self.sidecars[service].counter("ssl.handshake"):
                raise RuntimeError(f"no TLS handshake at {service}")
        port = self.sidecars["stock"].ports["inbound"]
        plain = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            plain.request("GET", "/stock")
            raise RuntimeError(f"stock answered without TLS: {plain.getresponse().status}")
        except (http.client.HTTPException, ConnectionError):
            pass


def until(what, condition, seconds_max=SEND_SECONDS_MAX):
    deadline = time.monotonic() + seconds_max
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError(f"waited {seconds_max} s in vain until {what}")
        time.sleep(0.05)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--otlp", required=True, help="host:port of an OTLP gRPC receiver on loopback")
    arguments.add_argument("--directory", required=True, type=pathlib.Path, help="for certificates and logs")
    arguments.add_argument("--seconds", type=float, default=10)
    arguments.add_argument("--rate", type=float, default=20, help="requests per second")
    args = arguments.parse_args()

    signal.signal(signal.SIGTERM, lambda *_: sys.exit("told to stop"))  # by way of the `finally` that ends the Envoys
    mesh = Mesh(args.directory, int(args.otlp.rsplit(":", 1)[1]))
    try:
        mesh.start()
        requests = mesh.load(args.seconds, args.rate)
        mesh.check_mutual_tls()
        spans = sum(PATHS[path][1] for path in requests)
        until(f"the gateway logged {len(requests)} requests", lambda: len(mesh.traces()) == len(requests))
        until(f"{spans} spans were sent", lambda: mesh.sent() == spans)
    finally:
        mesh.stop()
    json.dump({"services": sorted(mesh.sidecars), "spans": spans, "traces": mesh.traces()}, sys.stdout)


if __name__ == "__main__":
    main()
