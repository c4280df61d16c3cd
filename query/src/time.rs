//! Times as people and tools write them: RFC 3339, a Unix time, `now`, `now-5m`.

use chrono::DateTime;

/// Reads a time as nanoseconds since the epoch.
///
/// A number is a Unix time whose unit follows from its size: below 10¹¹ seconds (until the year 5138), below 10¹⁴
/// milliseconds, below 10¹⁷ microseconds, else nanoseconds. Seconds may have a fraction.
///
/// # Errors
/// A text that says what a time looks like.
pub(crate) fn parse(text: &str, now_ns: i64) -> Result<i64, String> {
    let text = text.trim();
    let parsed = match text.strip_prefix("now") {
        Some(offset) => parse_offset(offset).and_then(|offset_ns| now_ns.checked_add(offset_ns)),
        None => parse_unix(text).or_else(|| DateTime::parse_from_rfc3339(text).ok()?.timestamp_nanos_opt()),
    };
    parsed.ok_or_else(|| {
        let shown: String = text.chars().take(64).collect();
        format!("a time is RFC 3339, a Unix time in s, ms, us or ns, `now` or `now-5m`, not {shown:?}")
    })
}

/// Reads `-5m`, `+1h30m` or nothing.
fn parse_offset(text: &str) -> Option<i64> {
    let (sign, duration) = match text.chars().next() {
        None => return Some(0),
        Some('-') => (-1, &text[1..]),
        Some('+') => (1, &text[1..]),
        // In a URL's query a plus sign that was not escaped arrives as a space.
        Some(' ') => (1, &text[1..]),
        Some(_) => return None,
    };
    let nanos = humantime::parse_duration(duration).ok()?.as_nanos();
    Some(sign * i64::try_from(nanos).ok()?)
}

fn parse_unix(text: &str) -> Option<i64> {
    if let Ok(number) = text.parse::<i64>() {
        return number.checked_mul(unit_ns(number.unsigned_abs()));
    }
    let (whole, fraction) = text.split_once('.')?;
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_digits(whole) || !is_digits(fraction) {
        return None;
    }
    let nanos: i64 = format!("{:0<9}", &fraction[..fraction.len().min(9)]).parse().ok()?;
    whole.parse::<i64>().ok()?.checked_mul(1_000_000_000)?.checked_add(nanos)
}

const fn unit_ns(number: u64) -> i64 {
    match number {
        0..100_000_000_000 => 1_000_000_000,
        100_000_000_000..100_000_000_000_000 => 1_000_000,
        100_000_000_000_000..100_000_000_000_000_000 => 1_000,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_NS: i64 = 1_700_000_000_000_000_000;

    #[test]
    fn every_spelling_of_one_moment_is_the_same() {
        let spellings = [
            "2023-11-14T22:13:20Z",
            "2023-11-14T23:13:20+01:00",
            "1700000000",
            "1700000000.0",
            "1700000000000",
            "1700000000000000",
            "1700000000000000000",
            "now",
        ];
        for text in spellings {
            assert_eq!(parse(text, NOW_NS), Ok(NOW_NS), "{text}");
        }
    }

    #[test]
    fn now_takes_an_offset() {
        assert_eq!(parse("now-5m", NOW_NS), Ok(NOW_NS - 300_000_000_000));
        assert_eq!(parse("now+1h30m", NOW_NS), Ok(NOW_NS + 5_400_000_000_000));
        assert_eq!(parse("now 5s", NOW_NS), Ok(NOW_NS + 5_000_000_000));
    }

    #[test]
    fn seconds_may_have_a_fraction() {
        assert_eq!(parse("1700000000.25", NOW_NS), Ok(NOW_NS + 250_000_000));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in
            ["", "yesterday", "now*2", "now-", "1.x", "1.", "-.5", "99999-01-01T00:00:00Z", "9223372036854775808"]
        {
            assert!(parse(text, NOW_NS).is_err(), "{text}");
        }
    }
}
