//! Protobuf on the wire, read field by field without making objects.
//!
//! Source: "Protocol Buffers: Encoding" (protobuf.dev/programming-guides/encoding). What this reads it reads as any
//! decoder of proto3 does: the last of two scalars counts, repeated numbers come packed or one by one, unknown fields
//! go by. Groups, which proto3 does not have, are malformed.

use thiserror::Error;

/// What is wrong with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{message}: {problem}")]
pub struct Malformed {
    /// The innermost message.
    pub message: &'static str,
    pub problem: Problem,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Problem {
    #[error("it ends within a field")]
    Truncated,
    #[error("a number has more than 64 bits")]
    Varint,
    #[error("a field has a number or a type that none can have")]
    Key,
    #[error("a field is a group")]
    Group,
    #[error("field {0} has the wrong type")]
    WireType(u32),
}

/// The rest of a message.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    name: &'static str,
    rest: &'a [u8],
}

/// A field of a message.
#[derive(Debug, Clone, Copy)]
pub struct Field<'a> {
    pub number: u32,
    message: &'static str,
    value: Value<'a>,
}

#[derive(Debug, Clone, Copy)]
enum Value<'a> {
    Varint(u64),
    Fixed64(u64),
    Bytes(&'a [u8]),
    Fixed32,
}

impl<'a> Message<'a> {
    /// `name` is for errors.
    pub const fn new(name: &'static str, bytes: &'a [u8]) -> Self {
        Self { name, rest: bytes }
    }

    /// The next field; `None` at the end.
    ///
    /// # Errors
    /// Where no field stands.
    #[inline]
    pub fn next_field(&mut self) -> Result<Option<Field<'a>>, Malformed> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let key = self.varint()?;
        let number = u32::try_from(key).map_err(|_| self.malformed(Problem::Key))? >> 3;
        if number == 0 {
            return Err(self.malformed(Problem::Key));
        }
        let value = match key & 7 {
            0 => Value::Varint(self.varint()?),
            1 => Value::Fixed64(u64::from_le_bytes(self.fixed()?)),
            2 => {
                let length = self.varint()?;
                Value::Bytes(self.take(length)?)
            }
            3 | 4 => return Err(self.malformed(Problem::Group)),
            5 => {
                let _: [u8; 4] = self.fixed()?;
                Value::Fixed32
            }
            _ => return Err(self.malformed(Problem::Key)),
        };
        Ok(Some(Field { number, message: self.name, value }))
    }

    #[inline]
    fn varint(&mut self) -> Result<u64, Malformed> {
        let mut value = 0;
        for (at, byte) in self.rest.iter().take(10).enumerate() {
            value |= u64::from(byte & 0x7f) << (7 * at);
            if byte & 0x80 == 0 {
                if at == 9 && *byte > 1 {
                    break;
                }
                self.rest = &self.rest[at + 1..];
                return Ok(value);
            }
        }
        let is_whole = self.rest.len() >= 10;
        Err(self.malformed(if is_whole { Problem::Varint } else { Problem::Truncated }))
    }

    fn fixed<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (bytes, rest) = self.rest.split_first_chunk().ok_or_else(|| self.malformed(Problem::Truncated))?;
        self.rest = rest;
        Ok(*bytes)
    }

    fn take(&mut self, length: u64) -> Result<&'a [u8], Malformed> {
        let split = usize::try_from(length).ok().and_then(|length| self.rest.split_at_checked(length));
        let (bytes, rest) = split.ok_or_else(|| self.malformed(Problem::Truncated))?;
        self.rest = rest;
        Ok(bytes)
    }

    const fn malformed(&self, problem: Problem) -> Malformed {
        Malformed { message: self.name, problem }
    }
}

impl<'a> Field<'a> {
    /// Of a text, bytes or a message.
    ///
    /// # Errors
    /// A field of another type; so do all the following.
    pub fn bytes(self) -> Result<&'a [u8], Malformed> {
        match self.value {
            Value::Bytes(bytes) => Ok(bytes),
            _ => Err(self.wrong_type()),
        }
    }

    pub fn uint64(self) -> Result<u64, Malformed> {
        match self.value {
            Value::Varint(value) => Ok(value),
            _ => Err(self.wrong_type()),
        }
    }

    pub fn int64(self) -> Result<i64, Malformed> {
        self.uint64().map(u64::cast_signed)
    }

    /// Of 32 bits or an enum: bits beyond are cut off, as every decoder does.
    pub fn uint32(self) -> Result<u32, Malformed> {
        self.uint64().map(|value| value as u32)
    }

    pub fn sint32(self) -> Result<i32, Malformed> {
        let value = self.uint32()?;
        Ok((value >> 1).cast_signed() ^ -(value & 1).cast_signed())
    }

    pub fn double(self) -> Result<f64, Malformed> {
        match self.value {
            Value::Fixed64(bits) => Ok(f64::from_bits(bits)),
            _ => Err(self.wrong_type()),
        }
    }

    /// Each of repeated varints, packed or this one.
    pub fn each_varint(self, mut take: impl FnMut(u64)) -> Result<(), Malformed> {
        let Value::Bytes(bytes) = self.value else {
            take(self.uint64()?);
            return Ok(());
        };
        let mut packed = Message::new(self.message, bytes);
        while !packed.rest.is_empty() {
            take(packed.varint()?);
        }
        Ok(())
    }

    /// Each of repeated doubles, packed or this one.
    pub fn each_double(self, mut take: impl FnMut(f64)) -> Result<(), Malformed> {
        let Value::Bytes(bytes) = self.value else {
            take(self.double()?);
            return Ok(());
        };
        let mut packed = Message::new(self.message, bytes);
        while !packed.rest.is_empty() {
            take(f64::from_le_bytes(packed.fixed()?));
        }
        Ok(())
    }

    const fn wrong_type(self) -> Malformed {
        Malformed { message: self.message, problem: Problem::WireType(self.number) }
    }
}

/// A signed number as `sint64` writes it.
pub const fn zigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -(value & 1).cast_signed()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(bytes: &[u8], expected: Problem) {
        let mut message = Message::new("Test", bytes);
        let problem = loop {
            match message.next_field() {
                Ok(Some(_)) => {}
                Ok(None) => panic!("{bytes:?} is well-formed"),
                Err(malformed) => break malformed.problem,
            }
        };
        assert_eq!(problem, expected, "{bytes:?}");
    }

    #[test]
    fn what_ends_early_is_truncated() {
        for bytes in [&b"\x08"[..], b"\x08\x80", b"\x09\0\0\0\0\0\0\0", b"\x0a\x02a", b"\x0d\0\0\0", b"\x80"] {
            check(bytes, Problem::Truncated);
        }
    }

    #[test]
    fn numbers_end_at_64_bits() {
        check(b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", Problem::Varint);
        check(b"\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", Problem::Varint);
        let mut message = Message::new("Test", b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
        assert_eq!(message.next_field().unwrap().unwrap().int64(), Ok(-1));
    }

    #[test]
    fn keys_must_be_possible() {
        check(b"\x00\x00", Problem::Key);
        check(b"\x0e\x00", Problem::Key);
        check(b"\x80\x80\x80\x80\x10\x00", Problem::Key);
        check(b"\x0b\x0c", Problem::Group);
    }

    #[test]
    fn a_field_of_another_type_is_named() {
        let field = Message::new("Test", b"\x18\x01").next_field().unwrap().unwrap();
        let expected = Malformed { message: "Test", problem: Problem::WireType(3) };
        assert_eq!(field.bytes(), Err(expected));
        assert_eq!(field.double(), Err(expected));
        assert_eq!(expected.to_string(), "Test: field 3 has the wrong type");
    }

    proptest! {
        #[test]
        fn numbers_are_read_as_they_are_written(value: u64, signed: i64) {
            let mut bytes = Vec::new();
            prost::encoding::uint64::encode(1, &value, &mut bytes);
            prost::encoding::sint64::encode(2, &signed, &mut bytes);
            let mut message = Message::new("Test", &bytes);
            prop_assert_eq!(message.next_field().unwrap().unwrap().uint64(), Ok(value));
            prop_assert_eq!(zigzag(message.next_field().unwrap().unwrap().uint64().unwrap()), signed);
            prop_assert!(message.next_field().unwrap().is_none());
        }

        #[test]
        fn any_bytes_end(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut message = Message::new("Test", &bytes);
            while let Ok(Some(field)) = message.next_field() {
                let _ = field.each_varint(drop);
                let _ = field.each_double(drop);
            }
        }
    }
}
