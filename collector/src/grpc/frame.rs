//! `Length-Prefixed-Message`: a byte that says whether the message is compressed, its length, the message.

use bytes::Bytes;

use crate::refusal::Refusal;

/// Flag and big-endian length.
pub const HEAD_BYTES: usize = 5;

/// A message framed.
pub fn wrap(message: &[u8]) -> Bytes {
    let mut framed = Vec::with_capacity(HEAD_BYTES + message.len());
    framed.push(0);
    // Our messages are answers of some hundred bytes.
    framed.extend_from_slice(&(message.len() as u32).to_be_bytes());
    framed.extend_from_slice(message);
    framed.into()
}

/// The message of a unary request, and whether it is compressed.
///
/// # Errors
/// [`Refusal::Undecodable`] when the bytes are not exactly one frame.
pub fn only_message(framed: Bytes) -> Result<(bool, Bytes), Refusal> {
    let wrong = |what: String| Err(Refusal::Undecodable(what));
    let Some((&[flag, a, b, c, d], rest)) = framed.split_first_chunk::<HEAD_BYTES>() else {
        return wrong(format!("the gRPC frame ends after {} bytes", framed.len()));
    };
    let length = u32::from_be_bytes([a, b, c, d]) as usize;
    if rest.len() != length {
        return wrong(format!("the gRPC frame announces {length} bytes and {} came", rest.len()));
    }
    match flag {
        0 | 1 => Ok((flag == 1, framed.slice(HEAD_BYTES..))),
        flag => wrong(format!("the gRPC frame has the flag {flag}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrapped_is_found() {
        for message in [&b""[..], b"abc"] {
            assert_eq!(only_message(wrap(message)).unwrap(), (false, Bytes::copy_from_slice(message)));
        }
        assert_eq!(only_message(Bytes::from_static(b"\x01\0\0\0\x02ab")).unwrap(), (true, Bytes::from_static(b"ab")));
    }

    #[test]
    fn what_is_not_one_frame_is_refused() {
        for bytes in [&b""[..], b"\0\0\0\0", b"\0\0\0\0\x01", b"\0\0\0\0\x01ab", b"\x02\0\0\0\0", b"\0\xff\xff\xff\xff"]
        {
            assert!(matches!(only_message(Bytes::copy_from_slice(bytes)), Err(Refusal::Undecodable(_))), "{bytes:?}");
        }
    }
}
