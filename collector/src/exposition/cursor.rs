//! A place in a text that is read from the left.

use std::borrow::Cow;

use memchr::memchr2;

/// A text and how far it has been read. Places are bytes, and always between characters.
#[derive(Debug, Clone, Copy)]
pub struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    pub fn at(&self) -> usize {
        self.at
    }

    pub fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Goes over an ASCII byte if it is there.
    pub fn eat(&mut self, byte: u8) -> bool {
        let is_there = self.peek() == Some(byte);
        self.at += usize::from(is_there);
        is_there
    }

    /// Goes over spaces and tabs.
    pub fn skip_blank(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t')) {
            self.at += 1;
        }
    }

    /// A name of letters, digits, `_` and what `is_more` allows; empty when there is none. Names do not begin with
    /// digits.
    pub fn name(&mut self, is_more: impl Fn(u8) -> bool) -> &'a str {
        let start = self.at;
        while let Some(byte) = self.peek() {
            let is_first_digit = byte.is_ascii_digit() && self.at == start;
            if is_first_digit || !(byte.is_ascii_alphanumeric() || byte == b'_' || is_more(byte)) {
                break;
            }
            self.at += 1;
        }
        &self.text[start..self.at]
    }

    /// What stands between quotes, with its escapes. `None` when there are no quotes, or they do not end: then nothing
    /// is read.
    pub fn quoted(&mut self) -> Option<&'a str> {
        if self.peek() != Some(b'"') {
            return None;
        }
        let (start, bytes) = (self.at + 1, self.text.as_bytes());
        let mut at = start;
        loop {
            at += memchr2(b'"', b'\\', bytes.get(at..)?)?;
            if bytes[at] == b'"' {
                self.at = at + 1;
                return Some(&self.text[start..at]);
            }
            // The byte behind a backslash is part of the text, whatever it is; that of a longer character has no quote
            // in it.
            at += 2;
        }
    }

    /// All up to the next space or tab, or to the end.
    pub fn word(&mut self) -> &'a str {
        let rest = self.rest();
        let length = memchr2(b' ', b'\t', rest.as_bytes()).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }
}

/// Text without its escapes: `\\`, `\n`, and `\"` where quotes need one. Any other backslash stands for itself, as it
/// does for Prometheus.
pub fn unescaped(text: &str, quotes: Quotes) -> Cow<'_, str> {
    if memchr::memchr(b'\\', text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut left = text;
    while let Some(at) = left.find('\\') {
        plain.push_str(&left[..at]);
        let meant = match left.as_bytes().get(at + 1) {
            Some(b'\\') => Some('\\'),
            Some(b'n') => Some('\n'),
            Some(b'"') if quotes == Quotes::Escaped => Some('"'),
            _ => None,
        };
        plain.push(meant.unwrap_or('\\'));
        left = &left[at + 1 + usize::from(meant.is_some())..];
    }
    plain.push_str(left);
    Cow::Owned(plain)
}

/// Whether `\"` is an escape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quotes {
    Escaped,
    Plain,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_end_where_no_backslash_stands_before() {
        let check = |text: &str, expected: Option<&str>| assert_eq!(Cursor::new(text).quoted(), expected, "{text}");
        check(r#""a" b"#, Some("a"));
        check(r#""""#, Some(""));
        check(r#""a\"b""#, Some(r#"a\"b"#));
        check(r#""a\\""#, Some(r"a\\"));
        check(r#""\é""#, Some(r"\é"));
        check(r#""a"#, None);
        check(r#""a\"#, None);
        check(r#""a\""#, None);
        check("a", None);
    }

    #[test]
    fn known_escapes_are_undone_and_others_stay() {
        let check = |text: &str, expected: &str| assert_eq!(unescaped(text, Quotes::Escaped), expected, "{text}");
        check("plain", "plain");
        check(r"a\\n\nb", "a\\n\nb");
        check(r#"\"\d\"#, r#""\d\"#);
        assert_eq!(unescaped(r#"\"\n"#, Quotes::Plain), "\\\"\n");
    }
}
