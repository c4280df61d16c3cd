//! What a page may be written in, and how the two ends agree on it.
//!
//! Source: Prometheus 3, "Content negotiation" and "Migration guide": a type that names another format is not guessed
//! at.

use thiserror::Error;

const TEXT: &str = "text/plain";
const OPEN_METRICS: &str = "application/openmetrics-text";
const PROTOBUF: &str = "application/vnd.google.protobuf";
const FAMILY: &str = "io.prometheus.client.MetricFamily";
const SHOWN_BYTES_MAX: usize = 120;

/// What a page is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Text 0.0.4, or 1.0.0, which allows names in quotes.
    Text,
    /// OpenMetrics text 0.0.1 or 1.0.
    OpenMetrics,
    /// `MetricFamily` messages, each behind its length.
    Protobuf,
}

/// A Content-Type that is none of a page of metrics.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("content type is none of a page of metrics: {0}")]
pub struct UnknownFormat(pub String);

impl Format {
    /// What a scraper accepts. Protobuf comes first where native histograms are wanted, as no text has them.
    pub const fn accept(native_histograms: bool) -> &'static str {
        if native_histograms {
            "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,\
             application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,\
             application/openmetrics-text;version=0.0.1;q=0.4,\
             text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1"
        } else {
            "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
             application/openmetrics-text;version=0.0.1;q=0.5,\
             text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,\
             application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.2,*/*;q=0.1"
        }
    }

    /// The format that a Content-Type names. None at all is text, as old targets have it. Of the parameters only those
    /// of protobuf matter: versions and escaping of texts change nothing for who reads them.
    ///
    /// # Errors
    /// What it was.
    pub fn of_content_type(value: Option<&str>) -> Result<Self, UnknownFormat> {
        let Some(value) = value.map(str::trim).filter(|value| !value.is_empty()) else {
            return Ok(Self::Text);
        };
        let mut parts = value.split(';').map(str::trim);
        let media_type = parts.next().unwrap_or_default();
        let is = |name: &str| media_type.eq_ignore_ascii_case(name);
        if is(TEXT) {
            Ok(Self::Text)
        } else if is(OPEN_METRICS) {
            Ok(Self::OpenMetrics)
        } else if is(PROTOBUF) && parts.all(is_of_families) {
            Ok(Self::Protobuf)
        } else {
            Err(UnknownFormat(value[..value.floor_char_boundary(SHOWN_BYTES_MAX)].to_owned()))
        }
    }
}

/// Whether a parameter of protobuf's type allows what is read here: families, each behind its length.
fn is_of_families(parameter: &str) -> bool {
    let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
    let value = value.trim().trim_matches('"');
    match name.trim().to_ascii_lowercase().as_str() {
        "proto" => value == FAMILY,
        "encoding" => value == "delimited",
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &str, expected: Option<Format>) {
        assert_eq!(Format::of_content_type(Some(value)).ok(), expected, "{value}");
    }

    #[test]
    fn a_content_type_names_a_format() {
        check("text/plain", Some(Format::Text));
        check("text/plain; version=0.0.4; charset=utf-8", Some(Format::Text));
        check("Text/Plain;version=1.0.0;escaping=allow-utf-8", Some(Format::Text));
        check(
            "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores",
            Some(Format::OpenMetrics),
        );
        check("", Some(Format::Text));
        assert_eq!(Format::of_content_type(None), Ok(Format::Text));
    }

    #[test]
    fn protobuf_is_of_families_behind_their_lengths() {
        let family = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily";
        check(&format!("{family}; encoding=delimited"), Some(Format::Protobuf));
        check(&format!("{family}; encoding=\"delimited\"; escaping=values"), Some(Format::Protobuf));
        check(&format!("{family}; encoding=text"), None);
        check("application/vnd.google.protobuf; proto=other.Message; encoding=delimited", None);
    }

    #[test]
    fn another_type_is_named() {
        let error = Format::of_content_type(Some("text/html; charset=utf-8")).unwrap_err();
        assert_eq!(error.to_string(), "content type is none of a page of metrics: text/html; charset=utf-8");
        assert!(Format::of_content_type(Some(&"é".repeat(1 << 16))).unwrap_err().to_string().len() < 200);
    }

    #[test]
    fn protobuf_comes_first_for_native_histograms_only() {
        assert!(Format::accept(true).starts_with(PROTOBUF));
        assert!(Format::accept(false).starts_with(OPEN_METRICS));
        for accept in [Format::accept(true), Format::accept(false)] {
            let formats: Vec<_> = accept.split(',').filter_map(|one| Format::of_content_type(Some(one)).ok()).collect();
            assert_eq!(formats.len(), 5, "{accept}");
        }
    }
}
