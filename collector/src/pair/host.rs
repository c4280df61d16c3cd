//! Host names as they are compared: lower case, without port.

use std::net::IpAddr;

/// The host of an authority, `[user@]host[:port]`.
pub fn of_authority(authority: &str) -> Option<String> {
    let authority = authority.rsplit_once('@').map_or(authority, |(_user, rest)| rest);
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?.0,
        None => without_port(authority),
    };
    let host = host.trim().trim_end_matches('.');
    (!host.is_empty()).then(|| host.to_ascii_lowercase())
}

/// The host of a URL. Some clients leave the scheme out (`app:80`), and servers write the path alone, which has no host.
pub fn of_url(url: &str) -> Option<String> {
    let rest = url.split_once("://").map_or(url, |(_scheme, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next()?;
    of_authority(authority)
}

/// Whether a host can be somebody's name. An address is somebody else's tomorrow, and a loopback one is everybody's.
pub fn is_name(host: &str) -> bool {
    let is_loopback = host == "localhost" || host.ends_with(".localhost");
    !is_loopback && host.parse::<IpAddr>().is_err()
}

/// An IPv6 address without brackets has more than one colon and no port.
fn without_port(authority: &str) -> &str {
    match authority.split_once(':') {
        Some((host, port)) if !port.contains(':') => host,
        _ => authority,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_has_no_port_and_no_capitals() {
        let check =
            |authority, expected: Option<&str>| assert_eq!(of_authority(authority).as_deref(), expected, "{authority}");
        check("Reviews:9080", Some("reviews"));
        check("user:secret@db.example.com.:5432", Some("db.example.com"));
        check("[::1]:80", Some("::1"));
        check("fe80::1", Some("fe80::1"));
        check(":80", None);
        check("", None);
    }

    #[test]
    fn a_path_alone_has_no_host() {
        let check = |url, expected: Option<&str>| assert_eq!(of_url(url).as_deref(), expected, "{url}");
        check("http://ratings:9080/ratings/0?x=http://y", Some("ratings"));
        check("HTTPS://API.example.com", Some("api.example.com"));
        check("app:80", Some("app"));
        check("/post", None);
        check("?q=1", None);
    }
}
