"""A service mesh on loopback: a gateway and eight services, an Envoy beside each, mutual TLS between them.

    mesh.py --tracer otlp --receiver 127.0.0.1:4317 --directory DIR [--requests 200] [--rate 20]
            [--no-upstream-spans] [--no-shared-ids] [--sdk-half] [--metrics-service 127.0.0.1:4317] [--until-eof]

What the services are and do is in `mesh_shop.py`. The Envoys export to the receiver, with OTLP over gRPC or as Zipkin;
with `--sdk-half` half of the apps make spans of their own. When all spans were sent and taken, prints as JSON what has to
be found:

    {"services": [...], "spans": N,                                 every service.name
     "traces": [{"trace_id", "path", "status", "spans"}],           ids from the gateway's own access log
     "edges": [{"source", "target", "requests", "errors", "attempts", "connect_failures", "retries"}]}

Requests and errors of an edge are as whoever called counted them; attempts are the Envoy's `upstream_rq_total` and those
that got no connection apart. Ends with 1 when a request did not go as it must.

With `--metrics-service` the Envoys stream their stats there, and `"pages"` has what each counted: see `mesh_pages.py`.
With `--until-eof` there are requests until the standard input ends, and a line is printed before the first of them:
`{"admins": {node: "host:port"}}`, where each Envoy has its `/stats/prometheus`.
"""

import argparse
import http.client
import itertools
import json
import pathlib
import signal
import socket
import sys
import threading
import time

from mesh_app import App, Calls, Sdk, Silent
from mesh_envoy import Authority, MetricsService, Proxy, Tracing, Upstream, outbound
from mesh_pages import settled_pages
from mesh_shop import ENTRY, GATEWAY, NAMESPACE, PATHS, SDK_NAMES, WORK
from mesh_shop import Expected, levels, route, status_of_call, targets

SEND_SECONDS_MAX = 60


class Mesh:
    def __init__(self, directory, tracing, metrics, telemetry):
        """`telemetry` is what an app of each service speaks with."""
        self.authority, self.tracing, self.metrics, self.telemetry = Authority(directory), tracing, metrics, telemetry
        self.calls, self.apps, self.proxies = Calls(), {}, {}
        # Bound and never listening: who connects to it is refused, and nobody else is given the port.
        self.dead = socket.socket()
        self.dead.bind(("127.0.0.1", 0))

    def start(self):
        """From the leaves to the root, so that each side can be told the ports that those it calls were given."""
        for services in levels():
            proxies = [self._add(service) for service in services]
            for proxy in proxies:
                proxy.launch()
            for proxy in proxies:
                proxy.wait_until_ready()
        for service, app in self.apps.items():
            app.outbound = self.proxies[service].ports.get("outbound")

    def _add(self, service):
        if service != GATEWAY:
            self.apps[service] = App(service, self.telemetry[service], self.calls)
        app_port = self.apps[service].port if service in self.apps else None
        upstreams = [self._upstream(service, target) for target in targets(service)]
        self.proxies[service] = Proxy(service, self.authority, self.tracing, self.metrics, app_port, upstreams)
        return self.proxies[service]

    def _upstream(self, source, target):
        way = route(source, target)
        ports = [] if way.is_absent else [self.proxies[target].ports["inbound"]]
        if way.first_is_dead:
            ports.insert(0, self.dead.getsockname()[1])
        return Upstream(target, tuple(ports), way.retries)

    def stop(self):
        for proxy in self.proxies.values():
            proxy.terminate()
        for proxy in self.proxies.values():
            proxy.wait()
        for app in self.apps.values():
            app.stop()
        self.dead.close()

    def load(self, rate, is_over):
        """Sends the paths in turn, one after the other and no faster than the rate, until it is over by the number of
        requests; returns that. Raises when an answer is not as it must be."""
        connection = http.client.HTTPConnection("127.0.0.1", self.proxies[GATEWAY].ports["outbound"], timeout=30)
        started = time.monotonic()
        for number in itertools.count():
            if is_over(number):
                return number
            if rate:
                # The pace of the load; nothing is waited for.
                time.sleep(max(0.0, started + number / rate - time.monotonic()))
            path = PATHS[number % len(PATHS)]
            connection.request("GET", path, headers={"host": "shop.example"})
            response = connection.getresponse()
            response.read()
            self.calls.add(GATEWAY, ENTRY, response.status)
            expected = status_of_call(GATEWAY, ENTRY, path)
            if response.status != expected:
                raise RuntimeError(f"GET {path} gave {response.status}, not {expected}")

    def sent(self):
        """Spans that left the Envoys, once no export is under way."""
        proxies = self.proxies.values()
        if any(proxy.counter(f"cluster.{self.tracing.tracer}.upstream_rq_active") for proxy in proxies):
            return None
        return sum(proxy.counter(f"tracing.{self.tracing.name}.spans_sent") for proxy in proxies)

    def check_taken(self):
        """Raises when the receiver refused an export by its HTTP status; what gRPC says is in no counter of the Envoy."""
        for service, proxy in self.proxies.items():
            cluster = f"cluster.{self.tracing.tracer}."
            answered, good = proxy.counter(cluster + "upstream_rq_completed"), proxy.counter(cluster + "upstream_rq_2xx")
            if answered != good:
                raise RuntimeError(f"{answered - good} of {answered} exports of {service}'s proxy were not taken")

    def traces(self):
        """What the gateway's access log says: one line per request, with the trace that it started."""
        return [json.loads(line) for line in self.proxies[GATEWAY].access_log.read_text().splitlines()]

    def edges(self):
        return [self._edge(*edge, requests) for edge, requests in sorted(self.calls.requests.items())]

    def _edge(self, source, target, requests):
        def counter(name):
            return self.proxies[source].counter(f"cluster.{outbound(target)}.{name}")

        return {
            "source": source, "target": target, "requests": requests, "errors": self.calls.errors[source, target],
            "attempts": counter("upstream_rq_total"), "connect_failures": counter("upstream_cx_connect_fail"),
            "retries": counter("upstream_rq_retry"),
        }

    def check_mutual_tls(self):
        for service in self.apps:
            if not self.proxies[service].counter("ssl.handshake"):
                raise RuntimeError(f"no TLS handshake at {service}")
        plain = http.client.HTTPConnection("127.0.0.1", self.proxies["stock"].ports["inbound"], timeout=10)
        try:
            plain.request("GET", "/product")
            raise RuntimeError(f"stock answered without TLS: {plain.getresponse().status}")
        except (http.client.HTTPException, ConnectionError):
            pass


def until(what, condition, seconds_max=SEND_SECONDS_MAX):
    deadline = time.monotonic() + seconds_max
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError(f"waited {seconds_max} s in vain until {what}")
        time.sleep(0.05)


def check_edges(edges, expected):
    """The Envoys' own counters and the apps' agree with what the mesh is."""
    for edge in edges:
        ends = edge["source"], edge["target"]
        found = edge["requests"], edge["errors"], edge["attempts"] + edge["connect_failures"]
        wanted = expected.requests[ends], expected.errors[ends], expected.attempts[ends]
        if found != wanted:
            raise RuntimeError(f"requests, errors and attempts from {ends[0]} to {ends[1]} are {found}, not {wanted}")


def after_requests(requests):
    return lambda number: number >= requests


def at_end_of_input():
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    return lambda _: ended.is_set()


def run(mesh, rate, is_over, expected):
    """Returns what has to be found, when all of it was sent and taken."""
    requests = mesh.load(rate, is_over)
    spans_of = {path: expected.request(path) for path in (PATHS[number % len(PATHS)] for number in range(requests))}
    mesh.check_mutual_tls()
    of_apps = sum(telemetry.stop() for telemetry in mesh.telemetry.values())
    until(f"the gateway logged {requests} requests", lambda: len(mesh.traces()) == requests)
    until(f"{expected.spans} spans were sent", lambda: mesh.sent() == expected.spans - of_apps)
    mesh.check_taken()
    edges = mesh.edges()
    check_edges(edges, expected)
    traces = [{**trace, "spans": spans_of[trace["path"]]} for trace in mesh.traces()]
    names = {f"{service}.{NAMESPACE}" for service in mesh.proxies} | {SDK_NAMES[app] for app in expected.sdk_services}
    found = {"services": sorted(names), "spans": expected.spans, "traces": traces, "edges": edges}
    return {**found, "pages": settled_pages(mesh.proxies.values())} if mesh.metrics else found


def port(text):
    return int(text.rsplit(":", 1)[1])


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--tracer", choices=["otlp", "zipkin"], default="otlp")
    arguments.add_argument("--receiver", required=True, type=port, help="host:port for the tracer, on loopback")
    arguments.add_argument("--directory", required=True, type=pathlib.Path, help="for certificates and logs")
    arguments.add_argument("--requests", type=int, default=200)
    arguments.add_argument("--rate", type=float, help="requests per second; as fast as they are answered without it")
    arguments.add_argument("--no-upstream-spans", action="store_true", help="one span per hop and proxy")
    arguments.add_argument("--no-shared-ids", action="store_true", help="Zipkin: every span has an id of its own")
    arguments.add_argument("--sdk-half", action="store_true", help="half of the apps make spans; with OTLP only")
    arguments.add_argument("--metrics-service", type=port, help="host:port for the Envoys' stats, on loopback")
    arguments.add_argument("--until-eof", action="store_true", help="requests until the standard input ends")
    args = arguments.parse_args()
    if args.sdk_half and args.tracer != "otlp":
        arguments.error("the apps' SDK hands on W3C's headers, which the Zipkin tracer does not read")

    signal.signal(signal.SIGTERM, lambda *_: sys.exit("told to stop"))  # by way of the `finally` that ends the Envoys
    tracing = Tracing(args.tracer, args.receiver, not args.no_upstream_spans, not args.no_shared_ids)
    sdk = SDK_NAMES if args.sdk_half else {}
    telemetry = {service: Sdk(service, args.receiver) if service in sdk else Silent() for service in WORK}
    metrics = MetricsService(args.metrics_service) if args.metrics_service else None
    mesh = Mesh(args.directory, tracing, metrics, telemetry)
    try:
        mesh.start()
        if args.until_eof:
            print(json.dumps({"admins": {proxy.node: proxy.admin for proxy in mesh.proxies.values()}}), flush=True)
        is_over = at_end_of_input() if args.until_eof else after_requests(args.requests)
        found = run(mesh, args.rate, is_over, Expected(tracing.upstream_spans, set(sdk)))
    finally:
        mesh.stop()
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
