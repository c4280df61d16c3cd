//! Strings: `"…"` with Go's escapes, `` `…` `` as it stands, and quoted parts of attribute names.

use super::Cursor;
use crate::error::Position;
use crate::traceql::Invalid;

impl Cursor<'_> {
    /// `"…"`.
    pub(super) fn quoted(&mut self) -> Result<String, Invalid> {
        let start = self.position;
        self.take("\"");
        // Bytes, because `\xHH` writes bytes of which several make a character.
        let mut bytes = Vec::new();
        loop {
            let here = self.position;
            match self.bump() {
                None | Some('\n') => return Err(Invalid::new(start, "a string has no end, expected `\"`")),
                Some('"') => break,
                Some('\\') => self.escape(here, &mut bytes)?,
                Some(c) => push(&mut bytes, c),
            }
        }
        String::from_utf8(bytes).map_err(|_| Invalid::new(start, "a string's escapes are not UTF-8"))
    }

    fn escape(&mut self, start: Position, bytes: &mut Vec<u8>) -> Result<(), Invalid> {
        let unknown = || Invalid::new(start, "unknown escape in a string");
        match self.bump().ok_or_else(unknown)? {
            'a' => bytes.push(0x07),
            'b' => bytes.push(0x08),
            'f' => bytes.push(0x0c),
            'n' => bytes.push(b'\n'),
            'r' => bytes.push(b'\r'),
            't' => bytes.push(b'\t'),
            'v' => bytes.push(0x0b),
            c @ ('\\' | '"' | '\'') => push(bytes, c),
            'x' => bytes.push(u8::try_from(self.digits(2, 16).ok_or_else(unknown)?).map_err(|_| unknown())?),
            'u' => push(bytes, self.digits(4, 16).and_then(char::from_u32).ok_or_else(unknown)?),
            'U' => push(bytes, self.digits(8, 16).and_then(char::from_u32).ok_or_else(unknown)?),
            first @ '0'..='7' => {
                let rest = self.digits(2, 8).ok_or_else(unknown)?;
                let code = first.to_digit(8).ok_or_else(unknown)? * 64 + rest;
                bytes.push(u8::try_from(code).map_err(|_| unknown())?);
            }
            _ => return Err(unknown()),
        }
        Ok(())
    }

    /// Exactly `count` digits.
    fn digits(&mut self, count: usize, radix: u32) -> Option<u32> {
        (0..count).try_fold(0_u32, |number, _| {
            let digit = self.bump()?.to_digit(radix)?;
            number.checked_mul(radix)?.checked_add(digit)
        })
    }

    /// `` `…` ``.
    pub(super) fn raw(&mut self) -> Result<String, Invalid> {
        let start = self.position;
        self.take("`");
        let text = self.take_while(|c| c != '`').to_owned();
        if self.take("`") { Ok(text) } else { Err(Invalid::new(start, "a string has no end, expected `` ` ``")) }
    }

    /// A quoted part of an attribute's name, in which only `\"` and `\\` are escapes.
    pub(super) fn quoted_name(&mut self) -> Result<String, Invalid> {
        let start = self.position;
        self.take("\"");
        let mut name = String::new();
        loop {
            match self.bump() {
                None => return Err(Invalid::new(start, "a quoted name has no end, expected `\"`")),
                Some('"') => return Ok(name),
                Some('\\') if matches!(self.peek(), Some('"' | '\\')) => name.extend(self.bump()),
                Some(c) => name.push(c),
            }
        }
    }
}

fn push(bytes: &mut Vec<u8>, c: char) {
    bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}
