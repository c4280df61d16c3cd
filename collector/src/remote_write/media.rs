//! What the headers of a request say of its body.

use thiserror::Error;

const MEDIA_TYPE: &str = "application/x-protobuf";
const ENCODING: &str = "snappy";
/// How much of a header an error repeats.
const SHOWN_CHARS_MAX: usize = 100;

/// Which message a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Version {
    /// `prometheus.WriteRequest`.
    V1,
    /// `io.prometheus.write.v2.Request`.
    V2,
}

impl Version {
    fn of_message(name: &str) -> Option<Self> {
        match name {
            "prometheus.WriteRequest" => Some(Self::V1),
            "io.prometheus.write.v2.Request" => Some(Self::V2),
            _ => None,
        }
    }
}

/// A body that is not taken: 415.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum UnsupportedMedia {
    #[error(
        "content type {0:?} is not application/x-protobuf, alone or with proto=prometheus.WriteRequest or \
         proto=io.prometheus.write.v2.Request"
    )]
    ContentType(String),
    #[error("content encoding {0:?} is not snappy")]
    ContentEncoding(String),
}

/// The version that headers name; without the parameter `proto` it is 1.0. An absent header is an empty text.
///
/// Source: remote write 2.0, "Content-Type" and "Content-Encoding"; RFC 9110, 8.3.1 for letters, spaces and quotes.
///
/// # Errors
/// Anything else.
pub fn version(content_type: &str, content_encoding: &str) -> Result<Version, UnsupportedMedia> {
    let message = message(content_type).ok_or_else(|| UnsupportedMedia::ContentType(shown(content_type)))?;
    if !content_encoding.trim().eq_ignore_ascii_case(ENCODING) {
        return Err(UnsupportedMedia::ContentEncoding(shown(content_encoding)));
    }
    Ok(message)
}

fn message(content_type: &str) -> Option<Version> {
    let mut parts = content_type.split(';').map(str::trim);
    if !parts.next()?.eq_ignore_ascii_case(MEDIA_TYPE) {
        return None;
    }
    let mut version = Version::V1;
    for (name, value) in parts.filter_map(|parameter| parameter.split_once('=')) {
        if name.eq_ignore_ascii_case("proto") {
            version = Version::of_message(value.trim_matches('"'))?;
        }
    }
    Some(version)
}

fn shown(header: &str) -> String {
    header.chars().take(SHOWN_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(content_type: &str, expected: Option<Version>) {
        assert_eq!(version(content_type, "snappy").ok(), expected, "{content_type}");
    }

    #[test]
    fn each_version_has_its_content_type() {
        check("application/x-protobuf", Some(Version::V1));
        check("application/x-protobuf;proto=prometheus.WriteRequest", Some(Version::V1));
        check("application/x-protobuf;proto=io.prometheus.write.v2.Request", Some(Version::V2));
    }

    #[test]
    fn spaces_quotes_case_and_other_parameters_do_not_matter() {
        check("Application/X-Protobuf; Proto=\"io.prometheus.write.v2.Request\"", Some(Version::V2));
        check("application/x-protobuf; charset=utf-8", Some(Version::V1));
        check("application/x-protobuf;", Some(Version::V1));
    }

    #[test]
    fn other_content_is_not_taken() {
        check("", None);
        check("application/json", None);
        check("application/x-protobuf;proto=io.prometheus.write.v3.Request", None);
        check("application/x-protobuf;proto=", None);
    }

    #[test]
    fn only_snappy_is_taken() {
        assert_eq!(version(MEDIA_TYPE, "Snappy"), Ok(Version::V1));
        for encoding in ["", "gzip", "identity", "snappy, gzip"] {
            let refused = UnsupportedMedia::ContentEncoding(encoding.to_owned());
            assert_eq!(version(MEDIA_TYPE, encoding), Err(refused));
        }
    }
}
