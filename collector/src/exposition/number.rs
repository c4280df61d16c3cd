//! Numbers as Go reads and writes them, since Prometheus and its clients do it with Go.
//!
//! Source: Go's `strconv.ParseFloat` and `strconv.FormatFloat`. Digits with underscores are none here, as they are none
//! for Prometheus.

use std::borrow::Cow;

/// What stands for any NaN that is no staleness marker. Source: Prometheus' `model/value`.
const NAN_BITS: u64 = 0x7ff8_0000_0000_0001;

/// Integers of so many digits are exact as floats.
const EXACT_DIGITS_MAX: usize = 15;

/// Below this power of ten, and from that one on, Go writes the shortest form with an exponent.
const PLAIN_EXPONENT_MIN: i32 = -4;
const PLAIN_EXPONENT_END: i32 = 6;

/// A float. `None` when it is none, or one too large for a float.
pub fn float(text: &str) -> Option<f64> {
    if let Some(integer) = small_integer(text.as_bytes()) {
        return Some(integer);
    }
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if let Some(hex) = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        return hex_float(text.starts_with('-'), hex);
    }
    let value: f64 = text.parse().ok()?;
    if value.is_nan() {
        return (digits.len() == text.len()).then(nan);
    }
    let is_word = digits.as_bytes()[0].is_ascii_alphabetic();
    (value.is_finite() || is_word).then_some(value)
}

/// The one NaN of samples.
pub fn nan() -> f64 {
    f64::from_bits(NAN_BITS)
}

/// A value that is not the staleness marker, whatever was received.
pub fn never_stale(value: f64) -> f64 {
    if value.is_nan() { nan() } else { value }
}

fn small_integer(digits: &[u8]) -> Option<f64> {
    if digits.is_empty() || digits.len() > EXACT_DIGITS_MAX {
        return None;
    }
    let mut value = 0_u64;
    for digit in digits {
        let digit = digit.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + u64::from(digit);
    }
    // Exact: 15 digits are less than 2^53.
    Some(value as f64)
}

/// What follows `0x`: hex digits with at most one point, and a power of two, which must be there.
fn hex_float(is_negative: bool, text: &str) -> Option<f64> {
    let (mantissa, power) = text.split_once(['p', 'P'])?;
    let mut exponent = i64::from(power.parse::<i32>().ok()?);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    exponent -= 4 * i64::try_from(fraction.len()).ok()?;
    let mut bits = 0_u64;
    for digit in whole.chars().chain(fraction.chars()) {
        let digit = u64::from(digit.to_digit(16)?);
        if bits >> 60 == 0 {
            bits = bits << 4 | digit;
        } else {
            // Only whether something is left matters for rounding.
            bits |= u64::from(digit != 0);
            exponent += 4;
        }
    }
    let value = scaled(bits, exponent);
    value.is_finite().then_some(if is_negative { -value } else { value })
}

/// bits * 2^exponent. The scale is applied in steps, none of which is out of a float's range by itself.
fn scaled(bits: u64, exponent: i64) -> f64 {
    const STEP: i64 = 1000;
    let mut value = bits as f64;
    let mut left = exponent.clamp(-4 * STEP, 4 * STEP);
    while left != 0 && value != 0.0 {
        let step = left.clamp(-STEP, STEP);
        // A step is at most 1000.
        value *= 2_f64.powi(i32::try_from(step).unwrap_or(0));
        left -= step;
    }
    value
}

/// A time in seconds, as milliseconds: what is less than one is cut off, as Prometheus does.
pub fn seconds_ms(text: &str) -> Option<i64> {
    let seconds = float(text)?;
    // The cast saturates; no real time is near the ends.
    seconds.is_finite().then_some((seconds * 1000.0) as i64)
}

/// A number as `le` and `quantile` have it in OpenMetrics and in Prometheus 3: Go's shortest form, with `.0` where it
/// would be mistaken for an integer; `+Inf`, `-Inf`, `NaN`.
pub fn bound_text(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let shortest = format!("{value:e}");
    // Rust writes an exponent always: 1.5e-7.
    let (mantissa, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (PLAIN_EXPONENT_MIN..PLAIN_EXPONENT_END).contains(&exponent) {
        let plain = format!("{value}");
        return if plain.contains('.') { plain } else { plain + ".0" };
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

/// The value of `le` or `quantile`, as [`bound_text`] writes it; unchanged when it is no number.
pub fn normal_bound(text: Cow<'_, str>) -> Cow<'_, str> {
    let Some(normal) = float(&text).map(bound_text) else { return text };
    if normal == text { text } else { Cow::Owned(normal) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<f64>) {
        assert_eq!(float(text).map(f64::to_bits), expected.map(f64::to_bits), "{text}");
    }

    #[test]
    fn what_go_reads_is_a_float() {
        check("0", Some(0.0));
        check("-0", Some(-0.0));
        check("123456789012345", Some(123_456_789_012_345.0));
        check("18446744073709551616", Some(18_446_744_073_709_551_616.0));
        check("+1.5e-3", Some(1.5e-3));
        check("1.", Some(1.0));
        check(".5", Some(0.5));
        check("1E9", Some(1e9));
        check("1e-999", Some(0.0));
        check("NaN", Some(nan()));
        check("nan", Some(nan()));
        check("+Inf", Some(f64::INFINITY));
        check("-inf", Some(f64::NEG_INFINITY));
        check("Infinity", Some(f64::INFINITY));
    }

    #[test]
    fn hex_floats_have_an_exponent() {
        check("0x1p-2", Some(0.25));
        check("-0X1.8p1", Some(-3.0));
        check("0x.8p0", Some(0.5));
        check("0x1p+1023", Some(2_f64.powi(1023)));
        check("0x1p-1074", Some(f64::from_bits(1)));
        check("0x123456789abcdef01p0", Some(0x1_2345_6789_abcd_ef01_u128 as f64));
        check("0x1p1024", None);
        check("0x1", None);
        check("0xp1", None);
        check("0x", None);
        check("0xgp1", None);
    }

    #[test]
    fn what_go_does_not_read_is_none() {
        for text in
            ["", "+", "-", ".", "e5", "1e", "1_000", "1e999", "-NaN", "+nan", "1 ", "1\r", "0b1", "½", "in", "1.5.2"]
        {
            check(text, None);
        }
    }

    #[test]
    fn bounds_are_written_one_way() {
        let texts = [
            ("1", "1.0"),
            ("0", "0.0"),
            ("-1", "-1.0"),
            ("0.50", "0.5"),
            ("+Inf", "+Inf"),
            ("inf", "+Inf"),
            ("5", "5.0"),
            ("100000", "100000.0"),
            ("1800000", "1.8e+06"),
            ("1e6", "1e+06"),
            ("0.0001", "0.0001"),
            ("0.00001", "1e-05"),
            ("-8.999999999999979e-05", "-8.999999999999979e-05"),
            ("1e100", "1e+100"),
            ("nan", "NaN"),
            ("many", "many"),
        ];
        for (text, expected) in texts {
            assert_eq!(normal_bound(Cow::Borrowed(text)), expected);
        }
    }

    #[test]
    fn seconds_are_cut_to_milliseconds() {
        assert_eq!(seconds_ms("1520879607.789"), Some(1_520_879_607_789));
        assert_eq!(seconds_ms("-1.5"), Some(-1500));
        assert_eq!(seconds_ms("0"), Some(0));
        assert_eq!(seconds_ms("NaN"), None);
        assert_eq!(seconds_ms("+Inf"), None);
    }
}
