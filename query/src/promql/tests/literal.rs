//! Numbers, durations and strings as Go and Prometheus write them.

/// A number: an integer of base 2, 8, 10 or 16, or a float.
pub fn number(text: &str) -> Option<f64> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let magnitude = integer(digits).or_else(|| float(digits))?;
    Some(if negative { -magnitude } else { magnitude })
}

fn integer(digits: &str) -> Option<f64> {
    let lower = digits.to_ascii_lowercase().replace('_', "");
    let (radix, rest) = match lower.get(..2) {
        Some("0x") => (16, &lower[2..]),
        Some("0b") => (2, &lower[2..]),
        Some("0o") => (8, &lower[2..]),
        Some(_) if lower.starts_with('0') => (8, &lower[1..]),
        _ => (10, &*lower),
    };
    let signed = rest.starts_with(['+', '-']);
    (!signed).then(|| i64::from_str_radix(rest, radix).ok()).flatten().map(|value| value as f64)
}

fn float(digits: &str) -> Option<f64> {
    match digits.to_ascii_lowercase().as_str() {
        "inf" | "infinity" => Some(f64::INFINITY),
        "nan" => Some(f64::NAN),
        lower if lower.starts_with(['+', '-', 'i', 'n']) => None,
        lower => lower.replace('_', "").parse().ok(),
    }
}

const UNITS_MS: [(&str, i64); 7] = [
    ("y", 365 * 24 * 3_600_000),
    ("w", 7 * 24 * 3_600_000),
    ("d", 24 * 3_600_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1000),
    ("ms", 1),
];

/// A duration in milliseconds: every unit at most once, the largest first; `0` needs none.
pub fn duration_ms(text: &str) -> Option<i64> {
    if text == "0" {
        return Some(0);
    }
    let mut rest = text;
    let mut total = 0_i64;
    let mut units = UNITS_MS.iter();
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).filter(|digits| *digits > 0)?;
        let unit_end = rest[digits..].find(|c: char| !c.is_ascii_lowercase()).map_or(rest.len(), |end| digits + end);
        let (_, unit_ms) = units.find(|(unit, _)| *unit == &rest[digits..unit_end])?;
        total = total.checked_add(rest[..digits].parse::<i64>().ok()?.checked_mul(*unit_ms)?)?;
        rest = &rest[unit_end..];
    }
    (!text.is_empty()).then_some(total)
}

/// The string at the start of a text, in any of the three quotes, and what follows it.
pub fn string(text: &str) -> Option<(String, &str)> {
    let quote = text.chars().next().filter(|quote| matches!(quote, '"' | '\'' | '`'))?;
    let mut value = String::new();
    let mut rest = &text[1..];
    loop {
        let next = rest.chars().next()?;
        rest = &rest[next.len_utf8()..];
        match next {
            _ if next == quote => return Some((value, rest)),
            '\\' if quote != '`' => rest = escape(rest, &mut value)?,
            _ => value.push(next),
        }
    }
}

/// What stands behind a backslash; yields what follows it.
fn escape<'a>(text: &'a str, value: &mut String) -> Option<&'a str> {
    let plain = match text.as_bytes().first()? {
        b'n' => '\n',
        b't' => '\t',
        b'r' => '\r',
        b'a' => '\u{7}',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'v' => '\u{b}',
        b'\\' => '\\',
        b'"' => '"',
        b'\'' => '\'',
        b'x' => return coded(&text[1..], 2, 16, value),
        b'u' => return coded(&text[1..], 4, 16, value),
        b'U' => return coded(&text[1..], 8, 16, value),
        b'0'..=b'7' => return coded(text, 3, 8, value),
        _ => return None,
    };
    value.push(plain);
    Some(&text[1..])
}

fn coded<'a>(text: &'a str, digits: usize, radix: u32, value: &mut String) -> Option<&'a str> {
    value.push(char::from_u32(u32::from_str_radix(text.get(..digits)?, radix).ok()?)?);
    Some(&text[digits..])
}

#[test]
fn literals_are_read() {
    assert_eq!(number("0x1F"), Some(31.0));
    assert_eq!(number("010"), Some(8.0));
    assert_eq!(number("08"), Some(8.0));
    assert_eq!(number("0"), Some(0.0));
    assert_eq!(number("-1_000.5e1"), Some(-10_005.0));
    assert_eq!(number("+Inf"), Some(f64::INFINITY));
    assert!(number("NaN").unwrap().is_nan());
    assert_eq!(number("--1"), None);
    assert_eq!(number("{}"), None);
    assert_eq!(number("1m"), None);
    assert_eq!(duration_ms("1h30m"), Some(5_400_000));
    assert_eq!(duration_ms("10s53ms"), Some(10_053));
    assert_eq!(duration_ms("0"), Some(0));
    assert_eq!(duration_ms("5"), None);
    assert_eq!(duration_ms(""), None);
    assert_eq!(duration_ms("1m1h"), None);
    assert_eq!(string(r#""a\"\x41\u00e9"} 1"#), Some(("a\"Aé".to_owned(), "} 1")));
    assert_eq!(string(r"`a\d`"), Some((r"a\d".to_owned(), "")));
    assert_eq!(string("\"a"), None);
}
