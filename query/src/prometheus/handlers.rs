//! One function for each route: parameters in, the store asked, the answer out.

/// `/query_exemplars`.
pub(super) mod exemplars;
/// `/-/healthy` and `/-/ready`.
pub(super) mod health;
/// `/labels` and `/label/{name}/values`.
pub(super) mod labels;
/// `/format_query` and `/parse_query`.
pub(super) mod language;
/// `/metadata`.
pub(super) mod metadata;
/// `/query` and `/query_range`.
pub(super) mod query;
/// `/rules`, `/alerts` and `/alertmanagers`.
pub(super) mod rules;
/// `/series`.
pub(super) mod series;
/// `/status/…`.
pub(super) mod status;
/// `/targets` and `/scrape_pools`.
pub(super) mod targets;

use chrono::{DateTime, SecondsFormat};

/// A time in RFC 3339; one that no calendar has is the first one of Go.
fn rfc3339(time_ms: i64) -> String {
    DateTime::from_timestamp_millis(time_ms)
        .map_or_else(|| NEVER.to_owned(), |time| time.to_rfc3339_opts(SecondsFormat::AutoSi, true))
}

/// How Go writes a time that was not set.
const NEVER: &str = "0001-01-01T00:00:00Z";
