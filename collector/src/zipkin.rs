//! Zipkin v2 JSON: its receiver, and its way to rows. Source: the Zipkin project's OpenAPI description of `POST /api/v2/spans`.
//!
//! Spans are stored as they were received: shared halves stay two spans, ids that came twice stay twice, and a span
//! without a service is a span. What Zipkin says and OTLP has no word for becomes an attribute, so that it can be given
//! back:
//!
//! | Zipkin | stored as |
//! | --- | --- |
//! | `localEndpoint.serviceName` | resource `service.name` |
//! | `localEndpoint.ipv4`/`ipv6`, `port` | `network.local.address`, `network.local.port` |
//! | `remoteEndpoint.serviceName` | `peer.service` |
//! | `remoteEndpoint.ipv4`/`ipv6`, `port` | `network.peer.address`, `network.peer.port` |
//! | an `ipv6` beside an `ipv4` | `zipkin.local.ipv6`, `zipkin.remote.ipv6` |
//! | `annotations` | events |
//! | `tags` | attributes; a tag `error` makes the status ERROR |
//! | `shared` | [`Quirks::SHARED`] |
//! | no `timestamp`, no `duration` | a time made up by `times`, marked [`Quirks::START_ABSENT`], [`Quirks::DURATION_ABSENT`] |
//! | `debug` | `zipkin.debug` |
//!
//! [`Quirks::SHARED`]: spanloom_store::schema::spans::Quirks::SHARED
//! [`Quirks::START_ABSENT`]: spanloom_store::schema::spans::Quirks::START_ABSENT
//! [`Quirks::DURATION_ABSENT`]: spanloom_store::schema::spans::Quirks::DURATION_ABSENT

mod http;
mod json;
mod rows;
mod times;

use crate::admit::Reservation;
use crate::otlp::decoded::Decoded;
use crate::refusal::Refusal;
pub use http::{port_router, router};

/// Decodes a list of spans. A pure function of text and receive time; bounds and memory can only make it refuse.
///
/// # Errors
/// [`Refusal::Undecodable`] with line and column, [`Refusal::TooLarge`], [`Refusal::Overloaded`].
pub fn decode(
    text: &[u8],
    received_ns: i64,
    memory_bytes_max: u64,
    memory: &mut Reservation,
) -> Result<Decoded, Refusal> {
    let spans = json::read(text, memory_bytes_max, memory)?;
    Ok(rows::rows(&spans, received_ns))
}

#[cfg(test)]
mod tests;
