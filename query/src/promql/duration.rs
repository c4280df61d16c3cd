//! Lengths of time as they are written: `1y2w3d4h5m6s7ms`.

use super::quote::quoted;

const SECOND_MS: i64 = 1_000;
const DAY_MS: i64 = 24 * 3_600 * SECOND_MS;

/// Units from large to small, in milliseconds. A year has 365 days.
const UNITS_MS: [(&str, i64); 7] = [
    ("y", 365 * DAY_MS),
    ("w", 7 * DAY_MS),
    ("d", DAY_MS),
    ("h", 3_600 * SECOND_MS),
    ("m", 60 * SECOND_MS),
    ("s", SECOND_MS),
    ("ms", 1),
];

/// Years and weeks are printed only where nothing else is left over.
const EXACT_UNITS: usize = 2;

/// The longest duration, in milliseconds: as many nanoseconds as 63 bits hold.
pub const DURATION_MS_MAX: i64 = i64::MAX / 1_000_000;

/// Milliseconds of a duration without a sign: numbers with units, from large to small, each unit once.
///
/// # Errors
/// What is wrong, in Prometheus' words.
pub fn milliseconds(text: &str) -> Result<i64, String> {
    match text {
        "0" => return Ok(0),
        "" => return Err("empty duration string".to_owned()),
        _ => {}
    }
    let invalid = || format!("not a valid duration string: {}", quoted(text));
    let mut rest = text;
    let mut units = UNITS_MS.iter();
    let mut sum_ms = Some(0_i64);
    while !rest.is_empty() {
        let (number, behind) = split(rest, |c| !c.is_ascii_digit());
        let (unit, behind) = split(behind, |c| c.is_ascii_digit());
        if number.is_empty() || unit.is_empty() {
            return Err(invalid());
        }
        if !UNITS_MS.iter().any(|(name, _)| *name == unit) {
            return Err(format!("unknown unit {} in duration {}", quoted(unit), quoted(text)));
        }
        let (_, unit_ms) = units.find(|(name, _)| *name == unit).ok_or_else(invalid)?;
        let part_ms = number.parse::<i64>().ok().and_then(|number| number.checked_mul(*unit_ms));
        sum_ms = sum_ms.zip(part_ms).and_then(|(sum, part)| sum.checked_add(part));
        rest = behind;
    }
    sum_ms.filter(|sum| *sum <= DURATION_MS_MAX).ok_or_else(|| "duration out of range".to_owned())
}

/// What stands before the first character that is no part of it, and the rest.
fn split(text: &str, is_end: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(is_end).unwrap_or(text.len()))
}

/// Milliseconds of seconds, cut to whole ones as Prometheus cuts them; `None` when they are beyond all durations.
pub fn from_seconds(seconds: f64) -> Option<i64> {
    let nanoseconds = (seconds * 1e9).round();
    let is_in_range = nanoseconds.abs() <= i64::MAX as f64;
    is_in_range.then_some(nanoseconds as i64 / 1_000_000)
}

/// A duration as it is printed, with its sign.
pub fn text(milliseconds: i64) -> String {
    if milliseconds == 0 {
        return "0s".to_owned();
    }
    let mut left = milliseconds.unsigned_abs();
    let mut shown = if milliseconds < 0 { "-".to_owned() } else { String::new() };
    for (index, (name, unit_ms)) in UNITS_MS.iter().enumerate() {
        let unit_ms = unit_ms.unsigned_abs();
        let is_exact = left.is_multiple_of(unit_ms);
        if left >= unit_ms && (is_exact || index >= EXACT_UNITS) {
            shown.push_str(&format!("{}{name}", left / unit_ms));
            left %= unit_ms;
        }
    }
    shown
}
