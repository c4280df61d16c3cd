//! Numbers as they are written: decimal, hexadecimal, octal, with underscores, `Inf` and `NaN`.

use std::fmt;

use super::quote::quoted;

/// The value of a number as the lexer cuts it, without a sign.
///
/// # Errors
/// A number that is malformed, or beyond all floats; in Prometheus' words.
pub fn value(text: &str) -> Result<f64, String> {
    if text.eq_ignore_ascii_case("inf") {
        return Ok(f64::INFINITY);
    }
    if text.eq_ignore_ascii_case("nan") {
        return Ok(f64::NAN);
    }
    let invalid = |what: &str| format!("strconv.ParseFloat: parsing {}: {what}", quoted(text));
    let value = finite_digits(text).ok_or_else(|| invalid("invalid syntax"))?;
    if value.is_finite() { Ok(value) } else { Err(invalid("value out of range")) }
}

/// Infinite when it is beyond all floats.
fn finite_digits(text: &str) -> Option<f64> {
    let digits = without_underscores(text)?;
    if let Some(hexadecimal) = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        return integer(hexadecimal, 16);
    }
    if digits.len() > 1 && digits.starts_with('0') && digits.bytes().all(|digit| matches!(digit, b'0'..=b'7')) {
        return integer(&digits, 8);
    }
    digits.parse().ok()
}

/// Below 2^63, as Prometheus reads them.
fn integer(digits: &str, radix: u32) -> Option<f64> {
    i64::from_str_radix(digits, radix).ok().map(|value| value as f64)
}

/// Underscores stand between digits, or behind `0x`.
fn without_underscores(text: &str) -> Option<String> {
    let mut before = ' ';
    let mut chars = text.chars().peekable();
    let mut digits = String::with_capacity(text.len());
    while let Some(c) = chars.next() {
        if c == '_' {
            let is_between = (before.is_ascii_hexdigit() || matches!(before, 'x' | 'X'))
                && chars.peek().is_some_and(char::is_ascii_hexdigit);
            if !is_between {
                return None;
            }
        } else {
            digits.push(c);
        }
        before = c;
    }
    Some(digits)
}

/// A number as it is printed: the shortest text that reads as the same number, never with an exponent.
pub fn text(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf".to_owned() } else { "-Inf".to_owned() };
    }
    format!("{value}")
}

/// A number as OpenMetrics writes it in labels: as [`General`], but never like an integer.
pub fn open_metrics(value: f64) -> String {
    let text = General(value).to_string();
    let like_integer = value.is_finite() && !text.contains(['.', 'e']);
    if like_integer { text + ".0" } else { text }
}

/// A number as Go's `%g` writes it: the shortest text that reads back, with an exponent where it is below -4 or above 5.
pub struct General(pub f64);

impl fmt::Display for General {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.0;
        if value.is_nan() {
            return f.write_str("NaN");
        }
        if value.is_infinite() {
            return f.write_str(if value > 0.0 { "+Inf" } else { "-Inf" });
        }
        let scientific = format!("{value:e}");
        match scientific.split_once('e').map(|(digits, exponent)| (digits, exponent.parse::<i32>())) {
            Some((digits, Ok(exponent))) if !(-4..6).contains(&exponent) => {
                let sign = if exponent < 0 { '-' } else { '+' };
                write!(f, "{digits}e{sign}{:02}", exponent.abs())
            }
            _ => write!(f, "{value}"),
        }
    }
}
