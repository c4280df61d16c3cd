//! Fields of a protobuf message, where they lie. Source: "Protocol Buffers: Encoding".

use crate::exposition::error::Problem;

/// The value of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field<'a> {
    Varint(u64),
    Bytes(&'a [u8]),
    /// Fixed width: nothing that is read here.
    Fixed,
}

/// The fields of a message with their numbers, to its end or its first error.
pub fn fields(message: &[u8]) -> impl Iterator<Item = Result<(u64, Field<'_>), Problem>> {
    let mut left = message;
    std::iter::from_fn(move || {
        if left.is_empty() {
            return None;
        }
        let field = field(&mut left);
        if field.is_err() {
            left = &[];
        }
        Some(field)
    })
}

fn field<'a>(left: &mut &'a [u8]) -> Result<(u64, Field<'a>), Problem> {
    let key = varint(left)?;
    let value = match key & 7 {
        0 => Field::Varint(varint(left)?),
        1 => take(left, 8).map(|_| Field::Fixed)?,
        2 => Field::Bytes(delimited(left)?),
        5 => take(left, 4).map(|_| Field::Fixed)?,
        other => return Err(Problem::Wire(format!("wire type {other}"))),
    };
    if key >> 3 == 0 { Err(Problem::Wire("field number 0".to_owned())) } else { Ok((key >> 3, value)) }
}

/// A length and so many bytes.
pub fn delimited<'a>(left: &mut &'a [u8]) -> Result<&'a [u8], Problem> {
    let length = varint(left)?;
    take(left, usize::try_from(length).unwrap_or(usize::MAX))
}

fn take<'a>(left: &mut &'a [u8], length: usize) -> Result<&'a [u8], Problem> {
    let (taken, rest) = left.split_at_checked(length).ok_or(Problem::Short)?;
    *left = rest;
    Ok(taken)
}

fn varint(left: &mut &[u8]) -> Result<u64, Problem> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = left.split_first().ok_or(Problem::Short)?;
        *left = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok(value);
        }
    }
    Err(Problem::Wire("a number of more than ten bytes".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(message: &[u8], expected: &[Result<(u64, Field<'_>), Problem>]) {
        assert_eq!(fields(message).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn fields_are_read_in_order() {
        check(&[0x08, 0xac, 0x02, 0x12, 2, b'a', b'b'], &[Ok((1, Field::Varint(300))), Ok((2, Field::Bytes(b"ab")))]);
        check(&[0x0d, 0, 0, 0, 0, 0x11, 0, 0, 0, 0, 0, 0, 0, 0], &[Ok((1, Field::Fixed)), Ok((2, Field::Fixed))]);
    }

    #[test]
    fn what_ends_early_is_short() {
        check(&[0x08], &[Err(Problem::Short)]);
        check(&[0x12, 3, b'a'], &[Err(Problem::Short)]);
        check(&[0x11, 0, 0], &[Err(Problem::Short)]);
        check(&[0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], &[Err(Problem::Short)]);
    }

    #[test]
    fn groups_and_endless_numbers_are_refused() {
        check(&[0x0b], &[Err(Problem::Wire("wire type 3".to_owned()))]);
        check(&[0x00, 0x00], &[Err(Problem::Wire("field number 0".to_owned()))]);
        check(&[0x80; 11], &[Err(Problem::Wire("a number of more than ten bytes".to_owned()))]);
    }
}
