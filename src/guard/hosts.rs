//! Host names that mean this machine.

use std::net::{IpAddr, SocketAddr};

use axum::extract::Request;
use axum::http::header::{CONTENT_TYPE, HOST};
use axum::http::uri::Authority;
use axum::http::{HeaderValue, Version};

const LOCALHOST: &str = "localhost";

/// Which Hosts a listener serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hosts {
    /// It can be reached from other machines under any name.
    Any,
    /// It listens on a loopback address: names of this machine, and these.
    Loopback { allowed: Vec<String> },
}

impl Hosts {
    pub fn of(address: SocketAddr, allowed: &[String]) -> Self {
        if address.ip().is_loopback() { Self::Loopback { allowed: allowed.to_vec() } } else { Self::Any }
    }

    /// The name by which a request was sent, if it may not be served. A request without one is no browser's.
    pub fn stranger(&self, request: &Request) -> Option<String> {
        let Self::Loopback { allowed } = self else { return None };
        let authority = request.uri().authority().map(|authority| authority.as_str().to_owned());
        let headers = request.headers().get_all(HOST).iter().map(text);
        let is_peer = is_grpc_peer(request);
        authority.into_iter().chain(headers).find(|name| !is_served(name, allowed, is_peer))
    }
}

/// A gRPC client over HTTP/2 in clear text is no browser. Envoy's sends the name of its cluster where none is set, so
/// there a bare name does, which no site on the Internet can have.
fn is_grpc_peer(request: &Request) -> bool {
    let is_grpc = |value: &HeaderValue| value.as_bytes().starts_with(b"application/grpc");
    request.version() == Version::HTTP_2 && request.headers().get(CONTENT_TYPE).is_some_and(is_grpc)
}

fn text(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

fn is_served(name: &str, allowed: &[String], is_grpc_peer: bool) -> bool {
    let Ok(authority) = name.parse::<Authority>() else { return false };
    let host = authority.host().trim_end_matches('.');
    is_loopback(host)
        || allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(host))
        || is_grpc_peer && !host.contains(['.', ':'])
}

/// `*.localhost` too: browsers never ask a name server for it (RFC 6761).
fn is_loopback(host: &str) -> bool {
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    if let Ok(address) = address.parse::<IpAddr>() {
        return address.is_loopback();
    }
    let name = host.to_ascii_lowercase();
    name == LOCALHOST || name.strip_suffix(LOCALHOST).is_some_and(|labels| labels.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn hosts() -> Hosts {
        Hosts::of("127.0.0.1:4300".parse().unwrap(), &["proxy.example".to_owned()])
    }

    fn check(host: &str, is_served: bool) {
        let request = Request::get("/").header(HOST, host).body(Body::empty()).unwrap();
        assert_eq!(hosts().stranger(&request).is_none(), is_served, "{host}");
    }

    #[test]
    fn only_names_of_this_machine_are_served() {
        for host in
            ["localhost", "LOCALHOST:4300", "localhost.", "ui.localhost", "127.0.0.1", "127.8.0.1:1", "[::1]:4300"]
        {
            check(host, true);
        }
        for host in
            ["evil.example", "localhost.evil.example", "notlocalhost", "10.0.0.1", "[::2]", "0.0.0.0", "a b", ""]
        {
            check(host, false);
        }
        check("proxy.example:80", true);
    }

    #[test]
    fn a_wider_address_serves_every_name() {
        assert_eq!(Hosts::of("0.0.0.0:4300".parse().unwrap(), &[]), Hosts::Any);
        assert_eq!(Hosts::of("[::1]:4300".parse().unwrap(), &[]), Hosts::Loopback { allowed: vec![] });
    }

    #[test]
    fn the_name_in_the_address_counts_as_well() {
        let request = Request::get("http://evil.example/").header(HOST, "localhost").body(Body::empty()).unwrap();
        assert_eq!(hosts().stranger(&request).as_deref(), Some("evil.example"));
    }

    #[test]
    fn a_grpc_client_may_send_a_bare_name() {
        let call = |authority: &str, version| {
            let uri = format!("http://{authority}/x.Y/Z");
            let request = Request::post(uri).version(version).header(CONTENT_TYPE, "application/grpc+proto");
            hosts().stranger(&request.body(Body::empty()).unwrap())
        };
        assert_eq!(call("otlp_cluster", Version::HTTP_2), None);
        assert_eq!(call("evil.example", Version::HTTP_2).as_deref(), Some("evil.example"));
        assert_eq!(call("otlp_cluster", Version::HTTP_11).as_deref(), Some("otlp_cluster"));
    }
}
