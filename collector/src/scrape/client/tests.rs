//! TLS for real: a server that asks for a certificate, and authorities that change while a client runs.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use super::*;

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut parameters = CertificateParams::new(Vec::new()).unwrap();
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap()
}

/// A certificate for a name, and its key.
fn certificate(name: &str, authority: &Authority) -> (rcgen::Certificate, KeyPair) {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, authority).unwrap();
    (certificate, key)
}

/// A server that shows a certificate and asks for one, both of the same authority.
async fn server(authority: &Authority) -> SocketAddr {
    let provider = Arc::new(ring::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(authority.der().to_vec())).unwrap();
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone()).build().unwrap();
    let (certificate, key) = certificate("localhost", authority);
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    let (acceptor, listener) = (TlsAcceptor::from(Arc::new(config)), TcpListener::bind("127.0.0.1:0").await.unwrap());
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(acceptor.clone(), stream));
        }
    });
    address
}

async fn answer(acceptor: TlsAcceptor, stream: tokio::net::TcpStream) {
    // A client that does not trust the server goes away.
    let Ok(mut stream) = acceptor.accept(stream).await else { return };
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => request.push(byte),
            Err(_) => return,
        }
    }
    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok").await;
    let _ = stream.shutdown().await;
}

fn config(directory: &Path) -> ClientConfig {
    let file = |name: &str| Some(directory.join(name));
    let tls = TlsConfig {
        ca_file: file("ca.pem"),
        cert_file: file("cert.pem"),
        key_file: file("key.pem"),
        ..TlsConfig::default()
    };
    ClientConfig { tls_config: Some(tls), ..ClientConfig::default() }
}

/// Writes what a client trusts and shows.
fn write(directory: &Path, trusted: &Authority, issuer: &Authority) {
    let (certificate, key) = certificate("scraper", issuer);
    for (name, pem) in [("ca.pem", trusted.pem()), ("cert.pem", certificate.pem()), ("key.pem", key.serialize_pem())] {
        std::fs::write(directory.join(name), pem).unwrap();
    }
}

async fn ask(client: &HttpClient, address: SocketAddr) -> Result<String, String> {
    let url = Url::parse(&format!("https://localhost:{}/", address.port())).unwrap();
    let response = client.get(url).await?.send().await.map_err(|error| causes(&error))?;
    let mut body = Vec::new();
    read_body(response, 10, &mut body).await.map_err(|error| error.to_string())?;
    Ok(String::from_utf8(body).unwrap())
}

#[tokio::test]
async fn certificates_prove_both_sides_and_are_read_again() {
    let (ours, other, directory) = (authority(), authority(), tempfile::tempdir().unwrap());
    let (address, client) = (server(&ours).await, HttpClient::new(config(directory.path()), true));
    let missing = ask(&client, address).await.unwrap_err();
    assert!(missing.contains("failed to read") && missing.contains("ca.pem"), "{missing}");
    write(directory.path(), &other, &ours);
    let untrusted = ask(&client, address).await.unwrap_err();
    assert!(untrusted.contains("certificate"), "{untrusted}");
    write(directory.path(), &ours, &other);
    assert!(ask(&client, address).await.is_err());
    write(directory.path(), &ours, &ours);
    assert_eq!(ask(&client, address).await.as_deref(), Ok("ok"));
}

#[tokio::test]
async fn a_server_may_be_trusted_unseen() {
    let (ours, other, directory) = (authority(), authority(), tempfile::tempdir().unwrap());
    write(directory.path(), &other, &ours);
    let mut config = config(directory.path());
    if let Some(tls) = &mut config.tls_config {
        tls.insecure_skip_verify = true;
        tls.min_version = Some(TlsVersion::Tls13);
    }
    let address = server(&ours).await;
    assert_eq!(ask(&HttpClient::new(config, true), address).await.as_deref(), Ok("ok"));
}

#[tokio::test]
async fn what_is_no_certificate_is_named() {
    let directory = tempfile::tempdir().unwrap();
    for name in ["ca.pem", "cert.pem", "key.pem"] {
        std::fs::write(directory.path().join(name), "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n")
            .unwrap();
    }
    let address = SocketAddr::from(([127, 0, 0, 1], 1));
    let problem = ask(&HttpClient::new(config(directory.path()), true), address).await.unwrap_err();
    assert!(problem.starts_with("tls_config.ca is no PEM"), "{problem}");
}
