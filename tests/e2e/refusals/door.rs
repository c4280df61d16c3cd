//! Who may come in: TLS, mutual TLS, bearer tokens, and only hosts that are this machine.

use std::path::Path;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};

use super::{PROTOBUF, UNAUTHENTICATED, check_unharmed, serving};
use crate::grpc;
use crate::harness::{Endpoints, Server, Site, WAIT_MAX, eventually};
use crate::otlp::{self, EXPORT};

/// Certificate and key, as PEM.
struct Identity {
    certificate: String,
    key: String,
}

/// An authority, and a server and a client that it vouches for.
struct Pki {
    authority: String,
    server: Identity,
    client: Identity,
}

impl Pki {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let authority = params.self_signed(&key).expect("a certificate").pem();
        let issuer = Issuer::new(params, key);
        Self {
            authority,
            server: issue(&issuer, ExtendedKeyUsagePurpose::ServerAuth),
            client: issue(&issuer, ExtendedKeyUsagePurpose::ClientAuth),
        }
    }

    /// Writes the files and the configuration that names them.
    fn configure(&self, site: &Site, mutual: bool) {
        let write = |name: &str, text: &str| {
            let path = site.path().join(name);
            std::fs::write(&path, text).expect("write a PEM file");
            path
        };
        let show = |path: &Path| path.display().to_string();
        let certificate = show(&write("server.pem", &self.server.certificate));
        let key = show(&write("server.key", &self.server.key));
        let authority = show(&write("ca.pem", &self.authority));
        let client_ca = if mutual { format!(", client_ca_file: {authority}") } else { String::new() };
        site.configure(&format!("tls: {{ cert_file: {certificate}, key_file: {key}{client_ca} }}"));
    }

    fn http_client(&self, with_identity: bool) -> reqwest::Client {
        let authority = reqwest::Certificate::from_pem(self.authority.as_bytes()).expect("a certificate");
        let builder = reqwest::Client::builder().no_proxy().tls_built_in_root_certs(false).timeout(WAIT_MAX);
        let builder = builder.add_root_certificate(authority).use_rustls_tls();
        let builder = if with_identity {
            let pem = format!("{}{}", self.client.certificate, self.client.key);
            builder.identity(reqwest::Identity::from_pem(pem.as_bytes()).expect("an identity"))
        } else {
            builder
        };
        builder.build().expect("make an HTTP client")
    }

    fn connector(&self, with_identity: bool) -> TlsConnector {
        let mut roots = RootCertStore::empty();
        roots.add(certificate(&self.authority)).expect("a certificate");
        let provider = Arc::new(crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let builder = builder.expect("protocol versions").with_root_certificates(roots);
        let mut config = if with_identity {
            let key = PrivateKeyDer::from_pem_slice(self.client.key.as_bytes()).expect("a key");
            builder.with_client_auth_cert(vec![certificate(&self.client.certificate)], key).expect("an identity")
        } else {
            builder.with_no_client_auth()
        };
        config.alpn_protocols = vec![b"h2".to_vec()];
        TlsConnector::from(Arc::new(config))
    }
}

fn issue(issuer: &Issuer<'_, KeyPair>, purpose: ExtendedKeyUsagePurpose) -> Identity {
    let mut params = CertificateParams::new(vec!["localhost".to_owned(), "127.0.0.1".to_owned()]).expect("names");
    params.extended_key_usages = vec![purpose];
    let key = KeyPair::generate().expect("a key");
    let certificate = params.signed_by(&key, issuer).expect("a certificate").pem();
    Identity { certificate, key: key.serialize_pem() }
}

fn certificate(pem: &str) -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(pem.as_bytes()).expect("a certificate")
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_guards_every_listener() {
    let (site, pki) = (Site::new(""), Pki::new());
    pki.configure(&site, false);
    let server = site.start().await;
    assert!(server.endpoints.tls);
    check_tls(&server, &pki, false).await;
    assert!(server.http.get(server.url("/-/ready")).send().await.is_err(), "plain HTTP was answered");
    let body = prost::Message::encode_to_vec(&otlp::request("plain", "GET /", 5, 1));
    assert!(
        grpc::call(&server.endpoints.otlp_grpc, EXPORT, &[], None, &body).await.is_err(),
        "plain gRPC was answered"
    );
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mutual_tls_asks_every_client_for_a_certificate() {
    let (site, pki) = (Site::new(""), Pki::new());
    pki.configure(&site, true);
    let server = site.start().await;
    check_tls(&server, &pki, true).await;
    let stranger = pki.http_client(false);
    for address in [&server.endpoints.api, &server.endpoints.otlp_http, &server.endpoints.zipkin] {
        assert!(
            stranger.get(format!("https://{address}/-/ready")).send().await.is_err(),
            "{address} let a stranger in"
        );
    }
    assert!(export_over_tls(&server.endpoints, &pki, false).await.is_err(), "gRPC let a stranger in");
    server.stop().await;
}

/// Sends over both OTLP listeners and reads back, all under TLS.
async fn check_tls(server: &Server, pki: &Pki, with_identity: bool) {
    let http = pki.http_client(with_identity);
    let api = |path: &str| format!("https://{}{path}", server.endpoints.api);
    eventually("the server is ready", async || {
        let answer = http.get(api("/-/ready")).send().await;
        answer.is_ok_and(|answer| answer.status() == 200).then_some(())
    })
    .await;
    let body = prost::Message::encode_to_vec(&otlp::request("tls", "GET /", 1, 2));
    let request = http.post(format!("https://{}/v1/traces", server.endpoints.otlp_http));
    let answer = request.header("content-type", PROTOBUF).body(body).send().await.expect("OTLP over HTTPS");
    assert_eq!(answer.status(), 200);
    assert_eq!(export_over_tls(&server.endpoints, pki, with_identity).await.expect("OTLP over gRPC").status, 0);
    for id in [1, 2] {
        let answer = http.get(api(&format!("/api/v1/traces/{}", otlp::hex_id(id)))).send().await.expect("a trace");
        assert_eq!(answer.status(), 200, "trace {id}");
    }
}

async fn export_over_tls(to: &Endpoints, pki: &Pki, with_identity: bool) -> anyhow::Result<grpc::Reply> {
    let connection = tokio::net::TcpStream::connect(&to.otlp_grpc).await?;
    let name = ServerName::try_from("localhost")?;
    let connection = pki.connector(with_identity).connect(name, connection).await?;
    let body = prost::Message::encode_to_vec(&otlp::request("tls", "GET /", 2, 2));
    grpc::call_on(connection, "https", EXPORT, &[], None, &body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bearer_token_guards_every_listener() {
    const TOKEN: &str = "open-sesame-0123456789";
    let site = Site::new("");
    let file = site.path().join("token");
    std::fs::write(&file, format!("{TOKEN}\n")).expect("write the token");
    site.configure(&format!("auth: {{ token_file: {} }}", file.display()));
    let server = site.start().await;
    let body = prost::Message::encode_to_vec(&otlp::request("token", "GET /", 1, 1));
    let trace = format!("/api/v1/traces/{}", otlp::hex_id(1));
    let asked = ["/api/v1/status", "/api/v1/ingest", "/api/v1/traces", "/tempo/api/echo", "/metrics", &trace];
    let good = format!("Bearer {TOKEN}");
    for (authorization, expected) in [("", 401), ("Bearer wrong", 401), (TOKEN, 401), (good.as_str(), 200)] {
        let is_good = expected == 200;
        let post = server.http.post(format!("http://{}/v1/traces", server.endpoints.otlp_http));
        let post = post.header("content-type", PROTOBUF).header("authorization", authorization).body(body.clone());
        assert_eq!(post.send().await.expect("an answer").status(), expected, "OTLP with {authorization:?}");
        for address in [&server.endpoints.zipkin, &server.endpoints.otlp_http] {
            let post =
                server.http.post(format!("http://{address}/api/v2/spans")).header("authorization", authorization);
            let status =
                post.header("content-type", "application/json").body("[]").send().await.expect("an answer").status();
            assert_eq!(status, if is_good { 202 } else { 401 }, "Zipkin with {authorization:?}");
        }
        let headers = [("authorization", authorization)];
        let reply = grpc::call(&server.endpoints.otlp_grpc, EXPORT, &headers, None, &body).await.expect("an answer");
        assert_eq!(reply.status, if is_good { 0 } else { UNAUTHENTICATED }, "gRPC with {authorization:?}: {reply:?}");
        for path in asked {
            let request = server.http.get(server.url(path)).header("authorization", authorization);
            assert_eq!(request.send().await.expect("an answer").status(), expected, "{path} with {authorization:?}");
        }
    }
    for path in ["/-/healthy", "/-/ready", "/"] {
        assert_eq!(server.get(path).await.status(), 200, "{path} is for everybody");
    }
    let status = server.http.get(server.url("/api/v1/status")).header("authorization", &good).send().await;
    let status: serde_json::Value = status.expect("an answer").json().await.expect("JSON");
    let told = |protocol: &str, address: &String| serde_json::json!({ "protocol": protocol, "address": address, "tls": false, "token": true });
    let endpoints = &server.endpoints;
    let expected = [
        told("otlp_grpc", &endpoints.otlp_grpc),
        told("otlp_http", &endpoints.otlp_http),
        told("zipkin", &endpoints.zipkin),
        told("api", &endpoints.api),
    ];
    assert_eq!(status["listeners"], serde_json::Value::from(expected.to_vec()), "the UI tells others where to send");
}

/// A page of another site that a browser shows can resolve its own name to 127.0.0.1; then its Host gives it away.
#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_is_not_this_machine_is_refused() {
    let (_site, server) = serving("").await;
    let port = server.endpoints.api.rsplit(':').next().expect("a port");
    let ask = async |url: String, host: String| {
        server.http.get(url).header("host", &host).send().await.expect("an answer").status().as_u16()
    };
    for host in [format!("evil.example:{port}"), "evil.example".to_owned(), "localhost.evil.example".to_owned()] {
        for path in ["/", "/api/v1/status", "/tempo/api/echo"] {
            let status = ask(server.url(path), host.clone()).await;
            assert!(matches!(status, 403 | 421), "{path} as {host}: {status}");
        }
        let otlp = format!("http://{}/v1/traces", server.endpoints.otlp_http);
        let zipkin = format!("http://{}/api/v2/spans", server.endpoints.zipkin);
        for url in [otlp, zipkin] {
            let status = ask(url.clone(), host.clone()).await;
            assert!(matches!(status, 403 | 421), "{url} as {host}: {status}");
        }
    }
    for host in
        [format!("localhost:{port}"), format!("127.0.0.1:{port}"), format!("[::1]:{port}"), "localhost".to_owned()]
    {
        assert_eq!(ask(server.url("/api/v1/status"), host.clone()).await, 200, "{host}");
    }
    let answer = server.http.get(server.url("/api/v1/status")).header("origin", "http://evil.example").send().await;
    let answer = answer.expect("an answer");
    assert!(!answer.headers().contains_key("access-control-allow-origin"), "{:?}", answer.headers());
    check_unharmed(&server).await;
}
