//! Integers, floating-point numbers, and durations as Go writes them, with days, weeks and years.

use super::{Cursor, Kind};
use crate::traceql::Invalid;

/// Units of durations, longer names before those that they begin with.
const UNITS_NS: [(&str, i64); 10] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60 * 1_000_000_000),
    ("h", 3_600 * 1_000_000_000),
    ("d", 86_400 * 1_000_000_000),
    ("w", 7 * 86_400 * 1_000_000_000),
];
const YEAR: (&str, i64) = ("y", 365 * 86_400 * 1_000_000_000);

impl Cursor<'_> {
    pub(super) fn number(&mut self) -> Result<Kind, Invalid> {
        let start = self.position;
        let digits = self.decimal();
        let kind = match self.unit() {
            Some(unit_ns) => self.duration(&digits, unit_ns),
            None => self.plain_number(digits),
        };
        let kind = kind.ok_or_else(|| Invalid::new(start, "a number or duration that is malformed or too large"))?;
        match self.peek() {
            Some(c) if c.is_alphanumeric() || c == '_' || c == '.' => {
                Err(Invalid::new(self.position, "expected a unit of time: ns, us, ms, s, m, h, d, w, y"))
            }
            _ => Ok(kind),
        }
    }

    /// Digits, perhaps with a point among them.
    fn decimal(&mut self) -> String {
        let mut digits = self.take_while(|c| c.is_ascii_digit()).to_owned();
        if self.peek() == Some('.') && self.peek_second().is_none_or(|c| !c.is_alphabetic()) && self.take(".") {
            digits.push('.');
            digits.push_str(self.take_while(|c| c.is_ascii_digit()));
        }
        digits
    }

    fn unit(&mut self) -> Option<i64> {
        UNITS_NS.into_iter().chain([YEAR]).find(|(name, _)| self.take(name)).map(|(_, ns)| ns)
    }

    fn duration(&mut self, digits: &str, unit_ns: i64) -> Option<Kind> {
        let mut sum_ns = nanos(digits, unit_ns)?;
        while self.peek().is_some_and(|c| c.is_ascii_digit()) {
            let digits = self.decimal();
            sum_ns = sum_ns.checked_add(nanos(&digits, self.unit()?)?)?;
        }
        Some(Kind::DurationNs(sum_ns))
    }

    fn plain_number(&mut self, mut digits: String) -> Option<Kind> {
        if self.take("e") || self.take("E") {
            digits.push('e');
            for sign in ["+", "-"] {
                if self.take(sign) {
                    digits.push_str(sign);
                }
            }
            digits.push_str(self.take_while(|c| c.is_ascii_digit()));
        }
        if digits.contains(['.', 'e']) {
            return digits.parse().ok().filter(|number: &f64| number.is_finite()).map(Kind::Float);
        }
        digits.parse().ok().map(Kind::Int)
    }
}

/// Exact where the digits are: a double has too few of them for years in nanoseconds.
fn nanos(digits: &str, unit_ns: i64) -> Option<i64> {
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let fraction: f64 = if fraction.is_empty() { 0.0 } else { format!("0.{fraction}").parse().ok()? };
    whole.checked_mul(unit_ns)?.checked_add((fraction * unit_ns as f64).round() as i64)
}
