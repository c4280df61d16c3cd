//! `<data_dir>/endpoints.json`: where a running server listens, for commands, scripts and tests.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

const FILE: &str = "endpoints.json";

/// The addresses with the ports that the system chose. The file stays when the server ends; `pid` tells whose it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoints {
    pub pid: u32,
    pub version: String,
    pub otlp_grpc: SocketAddr,
    pub otlp_http: SocketAddr,
    pub zipkin: SocketAddr,
    pub api: SocketAddr,
    /// Whether all of them speak TLS.
    pub tls: bool,
}

impl Endpoints {
    /// Replaces the file in one step: a reader sees the old one or the new one.
    ///
    /// # Errors
    /// When the directory cannot be written to.
    pub fn write(&self, data_dir: &Path) -> Result<()> {
        let path = path(data_dir);
        let next = path.with_extension("json.next");
        let text = serde_json::to_string_pretty(self)?;
        let written = std::fs::write(&next, text + "\n").and_then(|()| std::fs::rename(&next, &path));
        written.with_context(|| format!("failed to write {}", path.display()))
    }

    /// What the last server on a directory said; `None` if there was none.
    pub fn read(data_dir: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(path(data_dir)).ok()?).ok()
    }

    /// The base of the API's addresses.
    pub fn api_url(&self) -> String {
        format!("{}://{}", if self.tls { "https" } else { "http" }, self.api)
    }
}

fn path(data_dir: &Path) -> PathBuf {
    data_dir.join(FILE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoints(port: u16) -> Endpoints {
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let version = "0.1.0".to_owned();
        let (otlp_grpc, otlp_http, zipkin, api) = (address, address, address, address);
        Endpoints { pid: 7, version, otlp_grpc, otlp_http, zipkin, api, tls: false }
    }

    #[test]
    fn what_is_written_is_read_and_replaced() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Endpoints::read(dir.path()), None);
        for port in [1, 2] {
            endpoints(port).write(dir.path()).unwrap();
            assert_eq!(Endpoints::read(dir.path()), Some(endpoints(port)));
        }
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn addresses_are_host_and_port() {
        let json = serde_json::to_value(endpoints(4300)).unwrap();
        assert_eq!(json["api"], "127.0.0.1:4300");
        assert_eq!(endpoints(4300).api_url(), "http://127.0.0.1:4300");
    }

    #[test]
    fn a_directory_that_is_not_there_is_named() {
        let error = endpoints(1).write(Path::new("/nowhere/at/all")).unwrap_err();
        assert!(format!("{error:#}").contains("/nowhere/at/all/endpoints.json"), "{error:#}");
    }
}
