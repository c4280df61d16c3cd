//! How far a number or duration reaches. Whether its value is in range is seen later.

use super::{Kind, is_alphanumeric};

/// The length in bytes of what begins at the start, and what it is; `None` when it is malformed as far as that.
pub(super) fn number_or_duration(text: &str) -> (usize, Option<Kind>) {
    let mut scan = Scan { bytes: text.as_bytes(), at: 0 };
    if scan.number() {
        return (scan.at, Some(Kind::Number));
    }
    if scan.duration() {
        return (scan.at, Some(Kind::Duration));
    }
    (scan.at, None)
}

struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Scan<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn take(&mut self, wanted: &[u8]) -> bool {
        let is_next = self.peek().is_some_and(|byte| wanted.contains(&byte));
        self.at += usize::from(is_next);
        is_next
    }

    fn number(&mut self) -> bool {
        let is_hexadecimal = self.take(b"0") && self.take(b"xX");
        let is_well_formed = if is_hexadecimal { self.hexadecimal() } else { self.decimal() };
        is_well_formed && !self.peek().is_some_and(is_alphanumeric)
    }

    fn hexadecimal(&mut self) -> bool {
        while self.take(b"0123456789abcdefABCDEF_") {}
        !self.take(b".")
    }

    /// Digits with one point, one exponent, and underscores among them.
    fn decimal(&mut self) -> bool {
        let (mut has_point, mut has_exponent) = (false, false);
        loop {
            if self.take(b"0123456789") {
                continue;
            }
            if self.take(b".") {
                if has_point || self.take(b"_.") {
                    return false;
                }
                has_point = true;
            } else if self.take(b"eE") {
                self.take(b"+-");
                if has_exponent || self.take(b"._eE") || self.peek().is_none() {
                    return false;
                }
                has_exponent = true;
            } else if self.take(b"_") {
                if self.take(b"._eE") || self.peek().is_none() {
                    return false;
                }
            } else {
                return true;
            }
        }
    }

    /// The units of a duration whose first number is taken. What makes it too long is taken too: messages show it.
    fn duration(&mut self) -> bool {
        if !self.take(b"smhdwy") {
            return false;
        }
        self.take(b"s");
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            while self.take(b"0123456789") {}
            if !self.take(b"smhdw") {
                return false;
            }
            self.take(b"s");
        }
        let is_longer = self.peek().is_some_and(is_alphanumeric);
        self.at += usize::from(is_longer);
        !is_longer
    }
}
