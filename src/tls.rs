//! Certificates and keys: what `tls.*` names, as a rustls configuration.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::{CryptoProvider, aws_lc_rs};
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::server::danger::ClientCertVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use crate::config::TlsConfig;

/// HTTP/2 first: gRPC knows nothing else.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// `None` where no certificate is configured. Certificates are read once, at the start.
///
/// # Errors
/// When a file cannot be read or does not hold what it should; the message names it and its key.
pub fn acceptor(config: &TlsConfig) -> Result<Option<TlsAcceptor>> {
    let (Some(cert_file), Some(key_file)) = (&config.cert_file, &config.key_file) else { return Ok(None) };
    let provider = Arc::new(aws_lc_rs::default_provider());
    let chain = certificates(cert_file).context("tls.cert_file")?;
    let key = PrivateKeyDer::from_pem_file(key_file)
        .with_context(|| format!("failed to read a key from {}", key_file.display()))
        .context("tls.key_file")?;
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
    let builder = match &config.client_ca_file {
        None => builder.with_no_client_auth(),
        Some(file) => builder.with_client_cert_verifier(verifier(file, provider).context("tls.client_ca_file")?),
    };
    let mut server = builder.with_single_cert(chain, key).context("tls.cert_file and tls.key_file")?;
    server.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
    Ok(Some(TlsAcceptor::from(Arc::new(server))))
}

fn verifier(file: &Path, provider: Arc<CryptoProvider>) -> Result<Arc<dyn ClientCertVerifier>> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(file)? {
        roots.add(certificate).with_context(|| format!("{} holds no authority", file.display()))?;
    }
    Ok(WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build()?)
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let failed = || format!("failed to read certificates from {}", file.display());
    let read = CertificateDer::pem_file_iter(file).with_context(failed)?.collect::<Result<Vec<_>, _>>();
    let certificates = read.with_context(failed)?;
    if certificates.is_empty() {
        bail!("{} holds no certificate", file.display());
    }
    Ok(certificates)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    /// A directory with a certificate, its key and a file that is neither.
    fn files() -> (tempfile::TempDir, impl Fn(&str) -> Option<PathBuf>) {
        let dir = tempfile::tempdir().unwrap();
        let issued = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        std::fs::write(dir.path().join("cert"), issued.cert.pem()).unwrap();
        std::fs::write(dir.path().join("key"), issued.signing_key.serialize_pem()).unwrap();
        std::fs::write(dir.path().join("text"), "nothing").unwrap();
        let path = dir.path().to_owned();
        (dir, move |name: &str| Some(path.join(name)))
    }

    #[test]
    fn no_certificate_means_no_tls() {
        assert!(acceptor(&TlsConfig::default()).unwrap().is_none());
    }

    #[test]
    fn a_certificate_and_its_key_are_taken() {
        let (_dir, file) = files();
        let config = TlsConfig { cert_file: file("cert"), key_file: file("key"), client_ca_file: file("cert") };
        assert!(acceptor(&config).unwrap().is_some());
    }

    #[test]
    fn what_cannot_be_used_is_named_with_its_key() {
        let (_dir, file) = files();
        for (cert, key, ca, named) in [
            ("text", "key", "cert", "tls.cert_file"),
            ("none", "key", "cert", "tls.cert_file"),
            ("cert", "text", "cert", "tls.key_file"),
            ("cert", "key", "text", "tls.client_ca_file"),
        ] {
            let config = TlsConfig { cert_file: file(cert), key_file: file(key), client_ca_file: file(ca) };
            let Err(error) = acceptor(&config) else { panic!("{cert}, {key} and {ca} were taken") };
            assert!(format!("{error:#}").contains(named), "{error:#}");
        }
    }
}
