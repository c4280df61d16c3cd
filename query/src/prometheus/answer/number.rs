//! Values and times as Prometheus' JSON has them.

use std::io::Write as _;

/// Below and from these on values have exponents.
const PLAIN_MIN: f64 = 1e-6;
const PLAIN_MAX: f64 = 1e21;

/// A value, without quotes: the shortest text that reads back, with an exponent where Go's `encoding/json` would have
/// one.
pub(in crate::prometheus) fn value(out: &mut Vec<u8>, value: f64) {
    if value.is_nan() {
        return out.extend_from_slice(b"NaN");
    }
    if value.is_infinite() {
        return out.extend_from_slice(if value > 0.0 { b"+Inf" } else { b"-Inf" });
    }
    let has_exponent = value != 0.0 && !(PLAIN_MIN..PLAIN_MAX).contains(&value.abs());
    if has_exponent { scientific(out, value) } else { put(out, format_args!("{value}")) }
}

/// The exponent has a sign and at least two digits.
fn scientific(out: &mut Vec<u8>, value: f64) {
    let text = format!("{value:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |exponent| ('-', exponent));
    put(out, format_args!("{digits}e{sign}{exponent:0>2}"));
}

/// A value in quotes.
pub(in crate::prometheus) fn quoted_value(out: &mut Vec<u8>, number: f64) {
    out.push(b'"');
    value(out, number);
    out.push(b'"');
}

/// Milliseconds since the epoch as seconds, with three digits behind the point or none.
pub(in crate::prometheus) fn time(out: &mut Vec<u8>, time_ms: i64) {
    let sign = if time_ms < 0 { "-" } else { "" };
    let (seconds, milliseconds) = (time_ms.unsigned_abs() / 1_000, time_ms.unsigned_abs() % 1_000);
    match milliseconds {
        0 => put(out, format_args!("{sign}{seconds}")),
        _ => put(out, format_args!("{sign}{seconds}.{milliseconds:03}")),
    }
}

fn put(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    // Memory takes whatever is written to it.
    let _ = out.write_fmt(text);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(write: impl Fn(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    fn check(number: f64, expected: &str) {
        assert_eq!(written(|out| value(out, number)), expected);
    }

    fn check_time(time_ms: i64, expected: &str) {
        assert_eq!(written(|out| time(out, time_ms)), expected);
    }

    #[test]
    fn plain_values_have_no_exponent() {
        check(0.0, "0");
        check(-0.0, "-0");
        check(1.0, "1");
        check(0.1 + 0.2, "0.30000000000000004");
        check(123_456_789.0, "123456789");
        check(1e-6, "0.000001");
        check(999_999_999_999_999_900_000.0, "999999999999999900000");
        check(-1.5, "-1.5");
    }

    #[test]
    fn very_small_and_very_large_values_have_one() {
        check(1e21, "1e+21");
        check(-1.5e300, "-1.5e+300");
        check(9.9e-7, "9.9e-07");
        check(1e-100, "1e-100");
        check(f64::MIN_POSITIVE, "2.2250738585072014e-308");
        check(5e-324, "5e-324");
        check(f64::MAX, "1.7976931348623157e+308");
    }

    #[test]
    fn what_is_no_number_has_a_word() {
        check(f64::NAN, "NaN");
        check(f64::INFINITY, "+Inf");
        check(f64::NEG_INFINITY, "-Inf");
    }

    #[test]
    fn times_are_seconds() {
        check_time(1_435_781_451_781, "1435781451.781");
        check_time(1_500, "1.500");
        check_time(1_005, "1.005");
        check_time(4_000, "4");
        check_time(0, "0");
        check_time(-1, "-0.001");
        check_time(-1_500, "-1.500");
        check_time(i64::MIN, "-9223372036854775.808");
    }

    proptest! {
        #[test]
        fn every_value_reads_back(bits in any::<u64>()) {
            let number = f64::from_bits(bits);
            prop_assume!(!number.is_nan());
            let text = written(|out| value(out, number));
            prop_assert_eq!(text.parse::<f64>().unwrap().to_bits(), number.to_bits());
        }
    }
}
