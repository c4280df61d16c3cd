//! `Length-Prefixed-Message`: a byte that says whether the message is compressed, its length, the message.

use std::io::Read as _;

use bytes::{BufMut as _, Bytes, BytesMut};
use flate2::read::GzDecoder;
use prost::Message;

use super::status::{Code, Status};

/// Flag and big-endian length.
pub(super) const HEAD_BYTES: usize = 5;

/// How a message is compressed whose flag is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Identity,
    Gzip,
}

/// A message framed, not compressed.
pub(super) fn wrap(message: &impl Message) -> Bytes {
    let length = message.encoded_len();
    let mut framed = BytesMut::with_capacity(HEAD_BYTES + length);
    framed.put_u8(0);
    // Answers are cut to about a mebibyte.
    framed.put_u32(length as u32);
    framed.extend_from_slice(&message.encode_to_vec());
    framed.freeze()
}

/// The one message of a request, of at most `bytes_max` when it is inflated.
///
/// # Errors
/// `InvalidArgument` for bytes that are not exactly one frame or no such message, `Unimplemented` for a compressed message of
/// a call that does not say how, `ResourceExhausted` for too large a one.
pub(super) fn unwrap<M: Message + Default>(framed: &Bytes, encoding: Encoding, bytes_max: u64) -> Result<M, Status> {
    let payload = only_message(framed)?;
    let payload = match (payload.flag, encoding) {
        (0, _) => payload.bytes,
        (1, Encoding::Gzip) => inflated(&payload.bytes, bytes_max)?,
        (1, Encoding::Identity) => {
            let message = "the message is compressed and grpc-encoding does not say how";
            return Err(Status::new(Code::Unimplemented, message));
        }
        (flag, _) => return Err(invalid(format!("the frame has the flag {flag}"))),
    };
    M::decode(payload).map_err(|error| invalid(error.to_string()))
}

struct Payload {
    flag: u8,
    bytes: Bytes,
}

fn only_message(framed: &Bytes) -> Result<Payload, Status> {
    let Some((&[flag, a, b, c, d], rest)) = framed.split_first_chunk::<HEAD_BYTES>() else {
        return Err(invalid(format!("the frame ends after {} bytes", framed.len())));
    };
    let length = u32::from_be_bytes([a, b, c, d]) as usize;
    if rest.len() != length {
        return Err(invalid(format!("the frame announces {length} bytes and {} came", rest.len())));
    }
    Ok(Payload { flag, bytes: framed.slice(HEAD_BYTES..) })
}

fn inflated(bytes: &[u8], bytes_max: u64) -> Result<Bytes, Status> {
    let mut inflated = Vec::new();
    let read = GzDecoder::new(bytes).take(bytes_max + 1).read_to_end(&mut inflated);
    read.map_err(|error| invalid(format!("the message is not gzip: {error}")))?;
    if inflated.len() as u64 > bytes_max {
        return Err(too_large(bytes_max));
    }
    Ok(inflated.into())
}

fn invalid(message: String) -> Status {
    Status::new(Code::InvalidArgument, format!("the request cannot be read: {message}"))
}

pub(super) fn too_large(bytes_max: u64) -> Status {
    Status::new(Code::ResourceExhausted, format!("the request has more than {bytes_max} bytes"))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;
    use crate::tempo::message::SearchRequest;

    const BYTES_MAX: u64 = 1_000;

    fn request(query: &str) -> SearchRequest {
        SearchRequest { query: query.to_owned(), ..SearchRequest::default() }
    }

    fn gzip(message: &SearchRequest) -> Bytes {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(&message.encode_to_vec()).unwrap();
        let bytes = encoder.finish().unwrap();
        let mut framed = vec![1];
        framed.extend_from_slice(&(bytes.len() as u32).to_be_bytes());
        framed.extend_from_slice(&bytes);
        framed.into()
    }

    fn check(framed: Bytes, encoding: Encoding, expected: Result<SearchRequest, Code>) {
        let unwrapped = unwrap::<SearchRequest>(&framed, encoding, BYTES_MAX);
        assert_eq!(unwrapped.map_err(|status| status.code()), expected, "{framed:?}");
    }

    #[test]
    fn what_is_wrapped_is_found() {
        for query in ["", "{ }"] {
            check(wrap(&request(query)), Encoding::Identity, Ok(request(query)));
            check(wrap(&request(query)), Encoding::Gzip, Ok(request(query)));
            check(gzip(&request(query)), Encoding::Gzip, Ok(request(query)));
        }
    }

    #[test]
    fn what_is_not_one_message_is_refused() {
        for bytes in
            [&b""[..], b"\0\0\0\0", b"\0\0\0\0\x01", b"\0\0\0\0\x01ab", b"\x02\0\0\0\0", b"\0\0\0\0\x02\xff\xff"]
        {
            check(Bytes::from_static(bytes), Encoding::Identity, Err(Code::InvalidArgument));
        }
        check(gzip(&request("{ }")), Encoding::Identity, Err(Code::Unimplemented));
        check(Bytes::from_static(b"\x01\0\0\0\x02ab"), Encoding::Gzip, Err(Code::InvalidArgument));
    }

    #[test]
    fn a_small_message_cannot_become_a_large_one() {
        check(gzip(&request(&"x".repeat(100_000))), Encoding::Gzip, Err(Code::ResourceExhausted));
    }
}
