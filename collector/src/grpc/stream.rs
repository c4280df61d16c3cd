//! Messages of a call that streams them, each bounded, one in memory at a time.

use axum::body::Body;
use bytes::{Buf as _, Bytes, BytesMut};
use http_body_util::BodyExt as _;

use super::frame::HEAD_BYTES;
use crate::admit::Reservation;
use crate::body::REQUEST_KEY;
use crate::refusal::Refusal;

/// A body that is a sequence of frames.
pub struct Messages {
    body: Body,
    buffered: BytesMut,
    bytes_max: u64,
}

impl Messages {
    pub fn new(body: Body, bytes_max: u64) -> Self {
        Self { body, buffered: BytesMut::new(), bytes_max }
    }

    /// The next message and whether it is compressed; `None` when the sender has ended the stream. What it takes is in
    /// `memory`. Dropping the future loses nothing that came.
    ///
    /// # Errors
    /// [`Refusal::TooLarge`], [`Refusal::Overloaded`], [`Refusal::Interrupted`], [`Refusal::Undecodable`]; the stream cannot
    /// go on then.
    pub async fn next(&mut self, memory: &mut Reservation) -> Result<Option<(bool, Bytes)>, Refusal> {
        if !self.fill(HEAD_BYTES, memory).await? {
            return Ok(None);
        }
        let flag = self.buffered[0];
        let length = u32::from_be_bytes([self.buffered[1], self.buffered[2], self.buffered[3], self.buffered[4]]);
        if u64::from(length) > self.bytes_max {
            return Err(Refusal::TooLarge { key: REQUEST_KEY, bytes_max: self.bytes_max });
        }
        if flag > 1 {
            return Err(Refusal::Undecodable(format!("the gRPC frame has the flag {flag}")));
        }
        if !self.fill(HEAD_BYTES + length as usize, memory).await? {
            return Err(Refusal::Interrupted("the stream ended in the middle of a message".to_owned()));
        }
        self.buffered.advance(HEAD_BYTES);
        Ok(Some((flag == 1, self.buffered.split_to(length as usize).freeze())))
    }

    /// Waits until so many bytes are there; `false` if the stream ends before the first of them.
    async fn fill(&mut self, bytes: usize, memory: &mut Reservation) -> Result<bool, Refusal> {
        while self.buffered.len() < bytes {
            let Some(frame) = self.body.frame().await else {
                if self.buffered.is_empty() {
                    return Ok(false);
                }
                return Err(Refusal::Interrupted("the stream ended in the middle of a message".to_owned()));
            };
            let frame = frame.map_err(|error| Refusal::Interrupted(error.to_string()))?;
            if let Ok(data) = frame.into_data() {
                memory.grow(data.len() as u64)?;
                self.buffered.extend_from_slice(&data);
            }
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::super::frame::wrap;
    use super::*;
    use crate::admit::Admission;

    async fn check(parts: &[&[u8]], expected: &[&[u8]], ends_well: bool) {
        let chunks: Vec<Result<Bytes, std::io::Error>> =
            parts.iter().map(|part| Ok(Bytes::copy_from_slice(part))).collect();
        let mut messages = Messages::new(Body::from_stream(futures::stream::iter(chunks)), 100);
        let mut memory = Admission::unbounded().reserve();
        for message in expected {
            assert_eq!(messages.next(&mut memory).await.unwrap().unwrap().1, *message);
        }
        assert_eq!(matches!(messages.next(&mut memory).await, Ok(None)), ends_well);
    }

    #[tokio::test]
    async fn messages_come_out_as_they_went_in_however_they_were_cut() {
        let bytes = [wrap(b"one"), wrap(b""), wrap(b"three")].concat();
        for cut in 0..=bytes.len() {
            check(&[&bytes[..cut], &bytes[cut..]], &[b"one", b"", b"three"], true).await;
        }
    }

    #[tokio::test]
    async fn a_message_that_is_cut_too_large_or_none_ends_the_stream() {
        check(&[b"\0\0\0\0\x02a"], &[], false).await;
        check(&[b"\0\0\0\0\xff"], &[], false).await;
        check(&[b"\x02\0\0\0\0"], &[], false).await;
    }
}
