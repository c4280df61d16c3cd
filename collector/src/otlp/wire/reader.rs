//! Bytes of a message, field by field. Source: "Protocol Buffers: Encoding"; where that leaves a choice, prost's.

use std::fmt;

use super::malformed::{Malformed, Problem};

/// How deep messages may be nested below the request, groups included.
const DEPTH_MAX: u32 = 100;

/// The names of a message's fields, the one with number 1 first; for errors.
pub type Names = &'static [&'static str];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WireType {
    Varint,
    Fixed64,
    Bytes,
    GroupStart,
    GroupEnd,
    Fixed32,
}

impl fmt::Display for WireType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Varint => "varint",
            Self::Fixed64 => "64 bits",
            Self::Bytes => "length-delimited",
            Self::GroupStart => "group",
            Self::GroupEnd => "end of group",
            Self::Fixed32 => "32 bits",
        })
    }
}

#[derive(Debug, Clone, Copy)]
struct Key {
    number: u32,
    wire_type: WireType,
}

/// The rest of a message.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    rest: &'a [u8],
    depth_left: u32,
}

/// A field whose value is next. Each of its methods reads that value, and fails where it has another wire type.
pub struct Field<'r, 'a> {
    pub number: u32,
    wire_type: WireType,
    message: &'r mut Reader<'a>,
}

impl<'a> Reader<'a> {
    pub const fn new(request: &'a [u8]) -> Self {
        Self { rest: request, depth_left: DEPTH_MAX }
    }

    /// What is left.
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Bytes that are left.
    pub const fn len(&self) -> usize {
        self.rest.len()
    }

    /// Reads each field to the end. `read` must take the value of the field that it is given.
    ///
    /// # Errors
    /// The first of this message or of `read`; it is given the field's name.
    #[inline]
    pub fn each(
        mut self,
        names: Names,
        mut read: impl FnMut(Field<'_, 'a>) -> Result<(), Malformed>,
    ) -> Result<(), Malformed> {
        while !self.rest.is_empty() {
            let Key { number, wire_type } = self.key()?;
            let field = Field { number, wire_type, message: &mut self };
            read(field).map_err(|malformed| malformed.within(names, number))?;
        }
        Ok(())
    }

    #[inline]
    fn key(&mut self) -> Result<Key, Problem> {
        let key = u32::try_from(self.varint()?).map_err(|_| Problem::Key)?;
        let wire_type = match key & 7 {
            0 => WireType::Varint,
            1 => WireType::Fixed64,
            2 => WireType::Bytes,
            3 => WireType::GroupStart,
            4 => WireType::GroupEnd,
            5 => WireType::Fixed32,
            _ => return Err(Problem::Key),
        };
        let number = key >> 3;
        if number == 0 { Err(Problem::Key) } else { Ok(Key { number, wire_type }) }
    }

    #[inline]
    fn varint(&mut self) -> Result<u64, Problem> {
        match self.rest.split_first() {
            Some((&byte, rest)) if byte < 0x80 => {
                self.rest = rest;
                Ok(byte.into())
            }
            _ => self.long_varint(),
        }
    }

    fn long_varint(&mut self) -> Result<u64, Problem> {
        const BYTES_MAX: usize = 10;
        let mut value = 0;
        for (at, &byte) in self.rest.iter().take(BYTES_MAX).enumerate() {
            value |= u64::from(byte & 0x7f) << (7 * at);
            if byte < 0x80 {
                if at == BYTES_MAX - 1 && byte > 1 {
                    return Err(Problem::Varint);
                }
                self.rest = &self.rest[at + 1..];
                return Ok(value);
            }
        }
        Err(if self.rest.len() < BYTES_MAX { Problem::Truncated } else { Problem::Varint })
    }

    #[inline]
    fn fixed<const N: usize>(&mut self) -> Result<[u8; N], Problem> {
        let (bytes, rest) = self.rest.split_first_chunk().ok_or(Problem::Truncated)?;
        self.rest = rest;
        Ok(*bytes)
    }

    #[inline]
    fn bytes(&mut self) -> Result<&'a [u8], Problem> {
        let length = usize::try_from(self.varint()?).map_err(|_| Problem::Truncated)?;
        let (bytes, rest) = self.rest.split_at_checked(length).ok_or(Problem::Truncated)?;
        self.rest = rest;
        Ok(bytes)
    }

    /// Skips a value. prost counts each that it skips as if it were nested, though only groups are.
    fn skip(&mut self, key: Key, depth_left: u32) -> Result<(), Problem> {
        let depth_left = depth_left.checked_sub(1).ok_or(Problem::Depth)?;
        match key.wire_type {
            WireType::Varint => self.varint().map(drop),
            WireType::Fixed64 => self.fixed::<8>().map(drop),
            WireType::Bytes => self.bytes().map(drop),
            WireType::GroupStart => self.skip_group(key.number, depth_left),
            WireType::GroupEnd => Err(Problem::Group),
            WireType::Fixed32 => self.fixed::<4>().map(drop),
        }
    }

    fn skip_group(&mut self, number: u32, depth_left: u32) -> Result<(), Problem> {
        loop {
            let key = self.key()?;
            if key.wire_type == WireType::GroupEnd {
                return if key.number == number { Ok(()) } else { Err(Problem::Group) };
            }
            self.skip(key, depth_left)?;
        }
    }
}

impl<'a> Field<'_, 'a> {
    #[inline]
    fn expect(&self, expected: WireType) -> Result<(), Problem> {
        let found = self.wire_type;
        if found == expected { Ok(()) } else { Err(Problem::WireType { found, expected }) }
    }

    #[inline]
    pub fn uint64(self) -> Result<u64, Problem> {
        self.expect(WireType::Varint)?;
        self.message.varint()
    }

    /// Bits beyond 32 are cut off.
    #[inline]
    pub fn uint32(self) -> Result<u32, Problem> {
        self.uint64().map(|value| value as u32)
    }

    /// Also of an enum, with numbers that it does not define.
    #[inline]
    pub fn int32(self) -> Result<i32, Problem> {
        self.uint32().map(u32::cast_signed)
    }

    #[inline]
    pub fn fixed64(self) -> Result<u64, Problem> {
        self.expect(WireType::Fixed64)?;
        self.message.fixed().map(u64::from_le_bytes)
    }

    #[inline]
    pub fn fixed32(self) -> Result<u32, Problem> {
        self.expect(WireType::Fixed32)?;
        self.message.fixed().map(u32::from_le_bytes)
    }

    #[inline]
    pub fn bytes(self) -> Result<&'a [u8], Problem> {
        self.expect(WireType::Bytes)?;
        self.message.bytes()
    }

    #[inline]
    pub fn text(self) -> Result<&'a str, Problem> {
        str::from_utf8(self.bytes()?).map_err(|_| Problem::Utf8)
    }

    #[inline]
    pub fn message(self) -> Result<Reader<'a>, Problem> {
        self.expect(WireType::Bytes)?;
        let depth_left = self.message.depth_left.checked_sub(1).ok_or(Problem::Depth)?;
        Ok(Reader { rest: self.message.bytes()?, depth_left })
    }

    pub fn skip(self) -> Result<(), Problem> {
        self.message.skip(Key { number: self.number, wire_type: self.wire_type }, self.message.depth_left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], expected: Problem) {
        let refused = Reader::new(bytes).each(&["field"], |field| Ok(field.skip()?)).unwrap_err();
        let text = refused.to_string();
        assert!(text.ends_with(&expected.to_string()), "{bytes:?}: {text}");
    }

    #[test]
    fn what_ends_early_is_truncated() {
        for bytes in [&b"\x08"[..], b"\x08\x80", b"\x09\0\0\0\0\0\0\0", b"\x0a\x02a", b"\x0d\0\0\0", b"\x80", b"\x0b"] {
            check(bytes, Problem::Truncated);
        }
        check(b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", Problem::Truncated);
    }

    #[test]
    fn numbers_end_at_64_bits() {
        check(b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", Problem::Varint);
        check(b"\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", Problem::Varint);
        let mut found = 0;
        let bytes = b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01";
        let read = Reader::new(bytes).each(&["field"], |field| {
            found = field.uint64()?;
            Ok(())
        });
        assert_eq!((read, found), (Ok(()), u64::MAX));
    }

    #[test]
    fn keys_must_be_possible() {
        check(b"\x00\x00", Problem::Key);
        check(b"\x0e\x00", Problem::Key);
        check(b"\x80\x80\x80\x80\x10\x00", Problem::Key);
    }

    #[test]
    fn groups_end_where_they_began() {
        let skip = |bytes| Reader::new(bytes).each(&["field"], |field| Ok(field.skip()?));
        assert_eq!(skip(&b"\x0b\x10\x01\x13\x14\x0c"[..]), Ok(()));
        check(b"\x0c", Problem::Group);
        check(b"\x0b\x14", Problem::Group);
        let nested = |levels: usize| [[0x0b].repeat(levels), [0x0c].repeat(levels)].concat();
        assert_eq!(skip(&nested(100)), Ok(()));
        check(&nested(101), Problem::Depth);
    }
}
