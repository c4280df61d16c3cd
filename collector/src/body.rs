//! Request bodies, read up to a bound, each byte reserved as it comes.

use std::time::Duration;

use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_LENGTH;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use tokio::time::timeout;

use crate::admit::Reservation;
use crate::refusal::Refusal;

/// How long a body may take to arrive.
const ARRIVAL_TIME_MAX: Duration = Duration::from_secs(60);
/// What is still read of a refused body. A connection that is closed with unread bytes in it is reset, and an HTTP/1.1
/// client that is still writing may lose the answer that tells it to stop.
const DRAIN_BYTES_MAX: u64 = 256 << 20;
const DRAIN_TIME_MAX: Duration = Duration::from_secs(5);
pub(crate) const REQUEST_KEY: &str = "ingest.request_bytes_max";

/// Reads all of a body.
///
/// # Errors
/// [`Refusal::TooLarge`] beyond `bytes_max`, as soon as that is known; [`Refusal::Overloaded`], [`Refusal::Slow`],
/// [`Refusal::Interrupted`].
pub async fn read(
    headers: &HeaderMap,
    body: &mut Body,
    bytes_max: u64,
    memory: &mut Reservation,
) -> Result<Bytes, Refusal> {
    let too_large = Refusal::TooLarge { key: REQUEST_KEY, bytes_max };
    if announced(headers).is_some_and(|length| length > bytes_max) {
        return Err(too_large);
    }
    let reading = async {
        let mut parts = Parts::default();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| Refusal::Interrupted(error.to_string()))?;
            let Ok(data) = frame.into_data() else { continue };
            if parts.length + data.len() as u64 > bytes_max {
                return Err(too_large);
            }
            memory.grow(data.len() as u64)?;
            parts.push(data);
        }
        Ok(parts.join())
    };
    timeout(ARRIVAL_TIME_MAX, reading).await.unwrap_or(Err(Refusal::Slow(ARRIVAL_TIME_MAX)))
}

/// Reads what is left of a refused body and forgets it, within bounds. Of one that broke off, or is too slow, there is
/// nothing to wait for.
pub async fn drain(mut body: Body, refusal: &Refusal) {
    if matches!(refusal, Refusal::Interrupted(_) | Refusal::Slow(_)) {
        return;
    }
    let draining = async {
        let mut bytes = 0;
        while let Some(Ok(frame)) = body.frame().await {
            bytes += frame.data_ref().map_or(0, |data| data.len() as u64);
            if bytes > DRAIN_BYTES_MAX {
                return;
            }
        }
    };
    // Out of time is as good as drained.
    let _ = timeout(DRAIN_TIME_MAX, draining).await;
}

fn announced(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The pieces of a body; most bodies are one.
#[derive(Default)]
struct Parts {
    first: Bytes,
    rest: BytesMut,
    length: u64,
}

impl Parts {
    fn push(&mut self, data: Bytes) {
        self.length += data.len() as u64;
        if self.first.is_empty() {
            self.first = data;
            return;
        }
        if self.rest.is_empty() {
            self.rest.extend_from_slice(&self.first);
        }
        self.rest.extend_from_slice(&data);
    }

    fn join(self) -> Bytes {
        if self.rest.is_empty() { self.first } else { self.rest.freeze() }
    }
}

#[cfg(test)]
mod tests {
    use futures::stream;

    use super::*;
    use crate::admit::Admission;

    fn body(parts: &[&'static str]) -> Body {
        let parts: Vec<_> =
            parts.iter().map(|part| Ok::<_, std::io::Error>(Bytes::from_static(part.as_bytes()))).collect();
        Body::from_stream(stream::iter(parts))
    }

    async fn read_all(parts: &[&'static str], bytes_max: u64) -> Result<Bytes, Refusal> {
        read(&HeaderMap::new(), &mut body(parts), bytes_max, &mut Admission::unbounded().reserve()).await
    }

    #[tokio::test]
    async fn pieces_are_joined() {
        for (parts, whole) in [(&[][..], ""), (&["a"], "a"), (&["a", "", "bc", "d"], "abcd")] {
            assert_eq!(read_all(parts, 4).await.unwrap(), whole);
        }
    }

    #[tokio::test]
    async fn a_body_beyond_the_bound_is_refused() {
        let refused = read_all(&["abc", "de"], 4).await.unwrap_err();
        assert!(matches!(refused, Refusal::TooLarge { bytes_max: 4, .. }), "{refused}");
    }

    #[tokio::test]
    async fn an_announced_length_beyond_the_bound_is_refused_unread() {
        let headers = HeaderMap::from_iter([(CONTENT_LENGTH, "5".parse().unwrap())]);
        let pending = stream::pending::<Result<Bytes, std::io::Error>>();
        let refused = read(&headers, &mut Body::from_stream(pending), 4, &mut Admission::unbounded().reserve()).await;
        assert!(matches!(refused, Err(Refusal::TooLarge { .. })));
    }

    #[tokio::test]
    async fn a_body_that_breaks_off_is_interrupted() {
        let parts = [Ok(Bytes::from_static(b"a")), Err(std::io::Error::other("gone"))];
        let mut body = Body::from_stream(stream::iter(parts));
        let refused = read(&HeaderMap::new(), &mut body, 4, &mut Admission::unbounded().reserve()).await;
        assert!(matches!(refused, Err(Refusal::Interrupted(_))));
    }
}
