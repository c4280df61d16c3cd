"""One Envoy of the mesh: its certificate, its configuration, its process, its counters."""

import ctypes
import datetime
import ipaddress
import json
import pathlib
import signal
import subprocess
import time
import urllib.request

import envoy
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

BINARY = pathlib.Path(envoy.__file__).parent / "_bin" / "envoy"
PEM = serialization.Encoding.PEM
NAMESPACE = "shop"
TLS = "envoy.transport_sockets.tls"
FLUSH_INTERVAL_MS = 200
START_SECONDS_MAX = 60


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


def cluster(name, port, **fields):
    endpoint = {"endpoint": {"address": address(port)}}
    return {"name": name, "type": "STATIC", "connect_timeout": "5s",
            "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [endpoint]}]}, **fields}


def outbound(service):
    return f"outbound|80||{service}"


def http2():
    options = {"explicit_http_config": {"http2_protocol_options": {}}}
    kind = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
    return {kind: typed("", kind, **options)["typed_config"]}


class Sidecar:
    """An Envoy beside one service. `calls` maps the services it calls to the ports of their inbound listeners."""

    def __init__(self, service, authority, otlp_port, app_port, calls):
        self.service, self.authority, self.directory = service, authority, authority.directory
        self.otlp_port, self.app_port, self.calls = otlp_port, app_port, calls
        self.access_log = self.directory / f"{service}.access.log"
        self.certificate, self.key = authority.issue(service)

    def start(self):
        config, admin = self.directory / f"{self.service}.json", self.directory / f"{self.service}.admin"
        config.write_text(json.dumps(self._bootstrap(), indent=1))
        log = open(self.directory / f"{self.service}.log", "wb")
        self.process = subprocess.Popen(
            [BINARY, "--config-path", config, "--admin-address-path", admin, "--use-dynamic-base-id",
             "--concurrency", "2", "--file-flush-interval-msec", "50", "--log-level", "warning",
             "--service-cluster", self.service,
             "--service-node", f"sidecar~127.0.0.1~{self.service}-0.{NAMESPACE}~{NAMESPACE}.svc.cluster.local"],
            stdout=log, stderr=log, preexec_fn=end_with_parent,
        )
        deadline = time.monotonic() + START_SECONDS_MAX
        while not self._ready(admin):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"envoy of {self.service} did not start: {open(log.name).read()[-2000:]}")
            time.sleep(0.02)
        statuses = self.get("/listeners?format=json")["listener_statuses"]
        self.ports = {s["name"]: s["local_address"]["socket_address"]["port_value"] for s in statuses}

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def counter(self, name):
        """The sum of the counters and gauges whose name ends so."""
        stats = self.get("/stats?format=json")["stats"]
        return sum(s["value"] for s in stats if s.get("name", "").endswith(name))

    def get(self, path):
        with urllib.request.urlopen(f"http://{self.admin}{path}", timeout=10) as response:
            return json.load(response)

    def _ready(self, admin):
        try:
            self.admin = admin.read_text().strip()
            return self.get("/server_info")["state"] == "LIVE"
        except (OSError, ValueError, KeyError):
            return False

    def _bootstrap(self):
        listeners = [self._inbound()]
        if self.calls and self.app_port:
            listeners.append(self._outbound())
        clusters = [cluster("otlp", self.otlp_port, typed_extension_protocol_options=http2())]
        for name, port in self.calls.items():
            clusters.append(cluster(outbound(name), port, transport_socket=self._client_tls(name)))
        if self.app_port:
            clusters.append(cluster(f"inbound|80||{self.service}", self.app_port))
        runtime = {"tracing": {"opentelemetry": {"flush_interval_ms": FLUSH_INTERVAL_MS}}}
        return {
            "admin": {"address": address(0)},
            "layered_runtime": {"layers": [{"name": "static", "static_layer": runtime}]},
            "static_resources": {"listeners": listeners, "clusters": clusters},
        }

    def _inbound(self):
        """Where calls to this service arrive: plain for the gateway, which the world calls, else mutual TLS."""
        if not self.app_port:
            return self._listener("inbound", self._calls_by_host(), None)
        route = {"match": {"prefix": "/"}, "route": {"cluster": f"inbound|80||{self.service}"}}
        return self._listener("inbound", [{"name": "inbound", "domains": ["*"], "routes": [route]}], self._server_tls())

    def _outbound(self):
        return self._listener("outbound", self._calls_by_host(), None)

    def _calls_by_host(self):
        """One virtual host per called service; a 503 is tried once more. The gateway sends all to the one it calls."""
        retry = {"retry_on": "5xx", "num_retries": 1, "retry_back_off": {"base_interval": "0.005s"}}

        def virtual_host(name):
            route = {"cluster": outbound(name), "timeout": "20s", "retry_policy": retry}
            return {
                "name": name,
                "domains": [name] if self.app_port else ["*"],
                "include_request_attempt_count": True,
                "routes": [{"match": {"prefix": "/"}, "route": route}],
            }

        return [virtual_host(name) for name in self.calls]

    def _listener(self, direction, virtual_hosts, tls):
        grpc = {"envoy_grpc": {"cluster_name": "otlp"}, "timeout": "10s"}
        tracer = typed("envoy.tracers.opentelemetry", "envoy.config.trace.v3.OpenTelemetryConfig",
                       grpc_service=grpc, service_name=self.service)
        manager = typed(
            "envoy.filters.network.http_connection_manager",
            "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
            stat_prefix=direction,
            generate_request_id=True,
            tracing={"provider": tracer, "spawn_upstream_span": True, "random_sampling": {"value": 100}},
            route_config={"name": direction, "virtual_hosts": virtual_hosts},
            http_filters=[typed("envoy.filters.http.router", "envoy.extensions.filters.http.router.v3.Router")],
            access_log=[] if self.app_port else [self._access_log()],
            forward_client_cert_details="SANITIZE_SET",
            set_current_client_cert_details={"uri": True},
        )
        chain = {"filters": [manager]}
        if tls:
            chain["transport_socket"] = tls
        traffic = "INBOUND" if direction == "inbound" else "OUTBOUND"
        return {"name": direction, "address": address(0), "traffic_direction": traffic, "filter_chains": [chain]}

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
