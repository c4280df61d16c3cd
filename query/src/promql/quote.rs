//! Strings in quotes, with Go's escapes: what is between `"` or `'` is escaped, what is between backquotes is not.

use std::fmt::Write as _;

/// The bytes that a quoted string stands for; they are not always UTF-8, since `\xff` is a byte.
///
/// # Errors
/// What is wrong, in the lexer's words.
pub fn unquoted_bytes(quoted: &str) -> Result<Vec<u8>, String> {
    let quote = quoted.chars().next().ok_or("invalid syntax")?;
    let inner = quoted.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)).ok_or("invalid syntax")?;
    if quote == '`' {
        return Ok(inner.bytes().filter(|byte| *byte != b'\r').collect());
    }
    let mut bytes = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = rest.find('\\') {
        bytes.extend_from_slice(&rest.as_bytes()[..at]);
        let (length, escape) = escape(&rest[at + 1..], quote)?;
        escape.write(&mut bytes);
        rest = &rest[at + 1 + length..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    Ok(bytes)
}

/// What an escape stands for.
pub(super) enum Escape {
    Byte(u8),
    Char(char),
}

impl Escape {
    fn write(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Byte(byte) => bytes.push(*byte),
            Self::Char(c) => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}

/// The escape at the start of `rest`, behind its backslash, and its length in bytes.
pub(super) fn escape(rest: &str, quote: char) -> Result<(usize, Escape), String> {
    let first = rest.chars().next().ok_or("escape sequence not terminated")?;
    let simple = match first {
        'a' => 0x07,
        'b' => 0x08,
        'f' => 0x0c,
        'n' => b'\n',
        'r' => b'\r',
        't' => b'\t',
        'v' => 0x0b,
        '\\' => b'\\',
        c if c == quote => quote as u8,
        '0'..='7' => return digits(rest, 0, 3, 8),
        'x' => return digits(rest, 1, 2, 16),
        'u' => return digits(rest, 1, 4, 16),
        'U' => return digits(rest, 1, 8, 16),
        c => return Err(format!("unknown escape sequence {}", code_point(c))),
    };
    Ok((1, Escape::Byte(simple)))
}

/// An escape of `count` digits behind `skip` letters.
fn digits(rest: &str, skip: usize, count: usize, radix: u32) -> Result<(usize, Escape), String> {
    let mut value = 0_u32;
    let mut chars = rest[skip..].chars();
    for _ in 0..count {
        let c = chars.next().ok_or("escape sequence not terminated")?;
        let digit = c.to_digit(radix);
        let digit = digit.ok_or_else(|| format!("illegal character {} in escape sequence", code_point(c)))?;
        value = value.wrapping_mul(radix).wrapping_add(digit);
    }
    let is_byte = count < 4;
    let escape =
        if is_byte { u8::try_from(value).ok().map(Escape::Byte) } else { char::from_u32(value).map(Escape::Char) };
    let escape = escape.ok_or("escape sequence is an invalid Unicode code point")?;
    Ok((skip + count, escape))
}

/// `U+0071 'q'`.
fn code_point(c: char) -> String {
    if is_printed(c) { format!("U+{:04X} '{c}'", u32::from(c)) } else { format!("U+{:04X}", u32::from(c)) }
}

/// In double quotes, as Go quotes.
pub fn quoted(text: &str) -> String {
    let mut shown = String::with_capacity(text.len() + 2);
    shown.push('"');
    text.chars().for_each(|c| push_escaped(&mut shown, c, '"'));
    shown.push('"');
    shown
}

/// In double quotes, with escapes for the bytes that are no UTF-8.
pub fn quoted_bytes(bytes: &[u8]) -> String {
    let mut shown = String::from('"');
    for chunk in bytes.utf8_chunks() {
        chunk.valid().chars().for_each(|c| push_escaped(&mut shown, c, '"'));
        for byte in chunk.invalid() {
            let _ = write!(shown, "\\x{byte:02x}");
        }
    }
    shown.push('"');
    shown
}

/// In single quotes, as Go quotes a character.
pub(super) fn quoted_char(c: char) -> String {
    let mut shown = String::from('\'');
    push_escaped(&mut shown, c, '\'');
    shown.push('\'');
    shown
}

fn push_escaped(shown: &mut String, c: char, quote: char) {
    let simple = match c {
        '\x07' => 'a',
        '\x08' => 'b',
        '\x0c' => 'f',
        '\n' => 'n',
        '\r' => 'r',
        '\t' => 't',
        '\x0b' => 'v',
        '\\' => '\\',
        c if c == quote => quote,
        c if is_printed(c) => {
            shown.push(c);
            return;
        }
        c => {
            let code = u32::from(c);
            let _ = match code {
                0..0x20 | 0x7f => write!(shown, "\\x{code:02x}"),
                0..=0xffff => write!(shown, "\\u{code:04x}"),
                _ => write!(shown, "\\U{code:08x}"),
            };
            return;
        }
    };
    shown.push('\\');
    shown.push(simple);
}

/// Whether Go prints a character as it is: of all spaces only the plain one. Rust's own debug escapes agree on the rest.
/// U+FFFD is escaped, unlike in Go: the lexer reads it as a byte that is no UTF-8.
fn is_printed(c: char) -> bool {
    match c {
        ' '..='~' => true,
        '\u{fffd}' => false,
        c if c.is_whitespace() || c.is_control() => false,
        c => c.is_alphanumeric() || c.escape_debug().count() == 1,
    }
}
