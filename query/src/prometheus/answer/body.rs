//! A body that is made while it is sent: neither a long answer nor a slow client takes more memory than the data do.

use std::convert::Infallible;

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::stream;

use super::JSON;

/// A piece that is this long is sent.
const PIECE_BYTES: usize = 64 << 10;

/// Whether there is more to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    More,
    Done,
}

/// A response of what stands first, of what `next` adds until it is done, and of what stands last. What is short is
/// sent as a whole, with its length.
pub(super) fn respond(
    head: Vec<u8>,
    next: impl FnMut(&mut Vec<u8>) -> Progress + Send + 'static,
    tail: Vec<u8>,
) -> Response {
    let mut pieces = Pieces { next, tail: Some(tail) };
    let first = pieces.piece(head).unwrap_or_default();
    let body = match pieces.tail {
        None => Body::from(first),
        Some(_) => {
            let rest = std::iter::from_fn(move || pieces.piece(Vec::with_capacity(PIECE_BYTES)));
            Body::from_stream(stream::iter(std::iter::once(first).chain(rest).map(Ok::<_, Infallible>)))
        }
    };
    ([(CONTENT_TYPE, JSON)], body).into_response()
}

struct Pieces<N> {
    next: N,
    /// Taken when the last piece has been made.
    tail: Option<Vec<u8>>,
}

impl<N: FnMut(&mut Vec<u8>) -> Progress> Pieces<N> {
    /// Fills a piece; `None` after the last one.
    fn piece(&mut self, mut out: Vec<u8>) -> Option<Bytes> {
        self.tail.as_ref()?;
        while out.len() < PIECE_BYTES {
            if (self.next)(&mut out) == Progress::Done {
                out.extend_from_slice(&self.tail.take()?);
                break;
            }
        }
        Some(out.into())
    }
}
