"""One Envoy of the mesh: its certificate, its configuration, its process, its counters.

Names are Istio's: clusters `outbound|8080||cart.shop.svc.cluster.local` and `inbound|8080||`, nodes
`sidecar~127.0.0.1~cart-0.shop~shop.svc.cluster.local`, services `cart.shop`.
"""

import ctypes
import datetime
import ipaddress
import json
import pathlib
import re
import signal
import subprocess
import time
import urllib.parse
import urllib.request
from dataclasses import dataclass

import envoy
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from mesh_shop import NAMESPACE

BINARY = pathlib.Path(envoy.__file__).parent / "_bin" / "envoy"
PEM = serialization.Encoding.PEM
DOMAIN = f"{NAMESPACE}.svc.cluster.local"
PORT = 8080
TLS = "envoy.transport_sockets.tls"
FLUSH_INTERVAL_MS = 200
START_SECONDS_MAX = 60
WORKERS = 1
INBOUND = f"inbound|{PORT}||"


def identity(service):
    return f"spiffe://mesh.local/ns/{NAMESPACE}/sa/{service}"


def common_name(name):
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])


def end_with_parent():
    """Has the kernel end this process when the one that started it is gone, killed too. Linux only, as the Envoy is."""
    PR_SET_PDEATHSIG = 1
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Authority:
    """A certificate authority that lives as long as the mesh."""

    def __init__(self, directory):
        self.directory = directory
        self.key, self.name = ec.generate_private_key(ec.SECP256R1()), common_name("mesh ca")
        builder = self._builder(self.name, self.key).add_extension(x509.BasicConstraints(True, 0), True)
        self.certificate = builder.sign(self.key, hashes.SHA256())
        self.path = self._write("ca.pem", self.certificate.public_bytes(PEM))

    def issue(self, service):
        """Returns the paths of certificate and key for one service."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = [x509.UniformResourceIdentifier(identity(service)), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        builder = self._builder(common_name(service), key).add_extension(x509.SubjectAlternativeName(names), False)
        certificate = builder.sign(self.key, hashes.SHA256()).public_bytes(PEM)
        private = key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        return self._write(f"{service}.pem", certificate), self._write(f"{service}.key", private)

    def _builder(self, subject, key):
        now = datetime.datetime.now(datetime.timezone.utc)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(days=1))
        )

    def _write(self, name, content):
        path = self.directory / name
        path.write_bytes(content)
        return str(path)


def typed(name, url, **fields):
    return {"name": name, "typed_config": {"@type": f"type.googleapis.com/{url}", **fields}}


def address(port):
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


def cluster(name, ports, **fields):
    """The ports are those of the endpoints, each of a lower priority than the one before."""
    endpoints = [
        {"priority": priority, "lb_endpoints": [{"endpoint": {"address": address(port)}}]}
        for priority, port in enumerate(ports)
    ]
    return {"name": name, "type": "STATIC", "connect_timeout": "5s",
            "load_assignment": {"cluster_name": name, "endpoints": endpoints}, **fields}


def outbound(service):
    return f"outbound|{PORT}||{service}.{DOMAIN}"


def http2():
    options = {"explicit_http_config": {"http2_protocol_options": {}}}
    kind = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
    return {kind: typed("", kind, **options)["typed_config"]}


@dataclass(frozen=True)
class Tracing:
    """How the Envoys of a mesh trace."""

    tracer: str  # otlp or zipkin
    port: int  # of the receiver, on loopback
    upstream_spans: bool = True
    shared_ids: bool = True  # Zipkin: a SERVER has the id of the CLIENT that calls it

    @property
    def name(self):
        return {"otlp": "opentelemetry", "zipkin": "zipkin"}[self.tracer]

    def cluster(self):
        options = {"typed_extension_protocol_options": http2()} if self.tracer == "otlp" else {}
        return cluster(self.tracer, [self.port], **options)

    def runtime(self):
        return {"tracing": {self.name: {"flush_interval_ms": FLUSH_INTERVAL_MS}}}

    def manager(self, service):
        """The part of an HTTP connection manager."""
        provider = self._otlp(service) if self.tracer == "otlp" else self._zipkin()
        spans = {"spawn_upstream_span": True} if self.upstream_spans else {}
        return {"provider": provider, "random_sampling": {"value": 100}, **spans}

    def _otlp(self, service):
        grpc = {"envoy_grpc": {"cluster_name": self.tracer}, "timeout": "10s"}
        return typed("envoy.tracers.opentelemetry", "envoy.config.trace.v3.OpenTelemetryConfig",
                     grpc_service=grpc, service_name=service)

    def _zipkin(self):
        """It speaks in the name of `--service-cluster`. By default its Host would be the cluster's name."""
        return typed("envoy.tracers.zipkin", "envoy.config.trace.v3.ZipkinConfig",
                     collector_cluster=self.tracer, collector_hostname="localhost",
                     collector_endpoint="/api/v2/spans", collector_endpoint_version="HTTP_JSON",
                     trace_id_128bit=True, shared_span_context=self.shared_ids)


@dataclass(frozen=True)
class MetricsService:
    """Where the Envoys of a mesh stream what they count, with tags as labels."""

    port: int  # of the receiver, on loopback

    CLUSTER = "metrics_service"
    FLUSH_INTERVAL_S = 1

    def cluster(self):
        return cluster(self.CLUSTER, [self.port], typed_extension_protocol_options=http2())

    def bootstrap(self):
        """The part of a bootstrap."""
        sink = typed("envoy.stat_sinks.metrics_service", "envoy.config.metrics.v3.MetricsServiceConfig",
                     grpc_service={"envoy_grpc": {"cluster_name": self.CLUSTER}},
                     transport_api_version="V3", emit_tags_as_labels=True)
        return {"stats_sinks": [sink], "stats_flush_interval": f"{self.FLUSH_INTERVAL_S}s"}


@dataclass(frozen=True)
class Upstream:
    """A service that a proxy calls: its inbound listeners, and how often a failed attempt is tried again."""

    service: str
    ports: tuple
    retries: int = 0


class Proxy:
    """An Envoy beside an app, or without one: then it is a gateway, which sends all to the one service that it calls."""

    def __init__(self, service, authority, tracing, metrics, app_port, upstreams):
        self.service, self.authority, self.directory = service, authority, authority.directory
        self.tracing, self.metrics, self.app_port, self.upstreams = tracing, metrics, app_port, upstreams
        role = "sidecar" if app_port else "router"
        self.node = f"{role}~127.0.0.1~{service}-0.{NAMESPACE}~{DOMAIN}"
        self.log, self.access_log = self.directory / f"{service}.log", self.directory / f"{service}.access.log"
        self.admin_path = self.directory / f"{service}.admin"
        self.certificate, self.key = authority.issue(service)
        self.process = None

    def launch(self):
        """Starts the process, from the main thread: the kernel would end it with any other."""
        config = self.directory / f"{self.service}.json"
        config.write_text(json.dumps(self._bootstrap(), indent=1))
        self.process = subprocess.Popen(
            [BINARY, "--config-path", config, "--admin-address-path", self.admin_path, "--use-dynamic-base-id",
             "--concurrency", str(WORKERS), "--file-flush-interval-msec", "50", "--log-level", "warning",
             "--service-cluster", f"{self.service}.{NAMESPACE}",
             "--service-node", self.node],
            stdout=self.log.open("wb"), stderr=subprocess.STDOUT, preexec_fn=end_with_parent,
        )

    def wait_until_ready(self):
        deadline = time.monotonic() + START_SECONDS_MAX
        while not self._is_ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"envoy of {self.service} did not start: {self.log.read_text()[-2000:]}")
            time.sleep(0.02)
        statuses = self.get("/listeners?format=json")["listener_statuses"]
        self.ports = {s["name"]: s["local_address"]["socket_address"]["port_value"] for s in statuses}

    def terminate(self):
        if self.process is not None:
            self.process.terminate()

    def wait(self):
        if self.process is None:
            return
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def counter(self, name):
        """The sum of the counters and gauges whose name ends so."""
        pattern = urllib.parse.quote(re.escape(name) + "$")
        stats = self.get(f"/stats?format=json&filter={pattern}")["stats"]
        return sum(s["value"] for s in stats if "name" in s)

    def get(self, path):
        return json.loads(self.read(path))

    def read(self, path):
        with urllib.request.urlopen(f"http://{self.admin}{path}", timeout=10) as response:
            return response.read().decode()

    def _is_ready(self):
        try:
            self.admin = self.admin_path.read_text().strip()
            return self.get("/server_info")["state"] == "LIVE"
        except (OSError, ValueError, KeyError):
            return False

    def _bootstrap(self):
        listeners = [self._listener("outbound", self._calls_by_host(), None)] if self.upstreams else []
        clusters = [self.tracing.cluster(), *([self.metrics.cluster()] if self.metrics else [])]
        for upstream in self.upstreams:
            tls = self._client_tls(upstream.service)
            clusters.append(cluster(outbound(upstream.service), upstream.ports, transport_socket=tls))
        if self.app_port:
            listeners.append(self._listener("inbound", self._app(), self._server_tls()))
            clusters.append(cluster(INBOUND, [self.app_port]))
        return {
            "admin": {"address": address(0)},
            "layered_runtime": {"layers": [{"name": "static", "static_layer": self.tracing.runtime()}]},
            "static_resources": {"listeners": listeners, "clusters": clusters},
            **(self.metrics.bootstrap() if self.metrics else {}),
        }

    def _app(self):
        route = {"match": {"prefix": "/"}, "route": {"cluster": INBOUND}}
        return [{"name": "inbound", "domains": ["*"], "routes": [route]}]

    def _calls_by_host(self):
        """One virtual host per called service."""

        def virtual_host(upstream):
            name = upstream.service
            hosts = [name, f"{name}.{NAMESPACE}", f"{name}.{DOMAIN}"]
            route = {"cluster": outbound(name), "timeout": "20s", **self._retries(upstream)}
            return {
                "name": name,
                "domains": [*hosts, *(f"{host}:{PORT}" for host in hosts)] if self.app_port else ["*"],
                "include_request_attempt_count": True,
                "routes": [{"match": {"prefix": "/"}, "route": route}],
            }

        return [virtual_host(upstream) for upstream in self.upstreams]

    @staticmethod
    def _retries(upstream):
        """Each attempt goes to endpoints of a priority that was not tried yet, where there are several."""
        if not upstream.retries:
            return {}
        priorities = typed("envoy.retry_priorities.previous_priorities",
                           "envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig",
                           update_frequency=1)
        policy = {"retry_on": "5xx,reset,connect-failure", "num_retries": upstream.retries,
                  "retry_back_off": {"base_interval": "0.005s"}, "retry_priority": priorities}
        return {"retry_policy": policy}

    def _listener(self, direction, virtual_hosts, tls):
        manager = typed(
            "envoy.filters.network.http_connection_manager",
            "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
            stat_prefix=direction,
            generate_request_id=True,
            tracing=self.tracing.manager(f"{self.service}.{NAMESPACE}"),
            route_config={"name": direction, "virtual_hosts": virtual_hosts},
            http_filters=[typed("envoy.filters.http.router", "envoy.extensions.filters.http.router.v3.Router")],
            access_log=[] if self.app_port else [self._access_log()],
            forward_client_cert_details="SANITIZE_SET",
            set_current_client_cert_details={"uri": True},
        )
        chain = {"filters": [manager]}
        if tls:
            chain["transport_socket"] = tls
        return {"name": direction, "address": address(0), "traffic_direction": direction.upper(),
                "filter_chains": [chain]}

    def _access_log(self):
        line = {"trace_id": "%TRACE_ID%", "path": "%REQ(:PATH)%", "status": "%RESPONSE_CODE%"}
        return typed("envoy.access_loggers.file", "envoy.extensions.access_loggers.file.v3.FileAccessLog",
                     path=str(self.access_log), log_format={"json_format": line})

    def _tls(self, **validation):
        certificate = {"certificate_chain": {"filename": self.certificate}, "private_key": {"filename": self.key}}
        return {
            "tls_certificates": [certificate],
            "validation_context": {"trusted_ca": {"filename": self.authority.path}, **validation},
        }

    def _server_tls(self):
        url = "envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext"
        return typed(TLS, url, require_client_certificate=True, common_tls_context=self._tls())

    def _client_tls(self, peer):
        url = "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext"
        names = [{"san_type": "URI", "matcher": {"exact": identity(peer)}}]
        return typed(TLS, url, common_tls_context=self._tls(match_typed_subject_alt_names=names))
