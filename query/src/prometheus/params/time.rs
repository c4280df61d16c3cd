//! Times and durations of parameters: seconds, RFC 3339, or Prometheus' own units.

use chrono::DateTime;

use crate::prometheus::store::TIME_MS_MAX;
use crate::promql::duration::milliseconds;
use crate::promql::quote::quoted;

/// What clients of Prometheus send for "all times": the first and the last time of Go that a sample can have.
const FIRST: &str = "-292273086-05-16T16:47:06Z";
const LAST: &str = "292277025-08-18T07:12:54.999999999Z";
/// What a duration of Go holds, in seconds.
const DURATION_SECONDS_MAX: f64 = (i64::MAX / 1_000_000_000) as f64;

/// Milliseconds since the epoch of seconds or of a time in RFC 3339. Times further away than [`TIME_MS_MAX`] are there.
///
/// # Errors
/// Neither of both, in Prometheus' words.
pub(super) fn time_ms(text: &str) -> Result<i64, String> {
    if let Some(seconds) = number(text) {
        // Beyond its range the conversion is cut to it.
        let milliseconds = (seconds.trunc() * 1_000.0) + (seconds.fract() * 1_000.0).round();
        return Ok((milliseconds as i64).clamp(-TIME_MS_MAX, TIME_MS_MAX));
    }
    match text {
        FIRST => return Ok(-TIME_MS_MAX),
        LAST => return Ok(TIME_MS_MAX),
        _ => {}
    }
    let time = DateTime::parse_from_rfc3339(text);
    time.map(|time| time.timestamp_millis()).map_err(|_| format!("cannot parse {} to a valid timestamp", quoted(text)))
}

/// Milliseconds of seconds or of a duration such as `1h30m`, cut to whole ones.
///
/// # Errors
/// Neither of both, in Prometheus' words.
pub(super) fn duration_ms(text: &str) -> Result<i64, String> {
    let invalid = || format!("cannot parse {} to a valid duration", quoted(text));
    match number(text) {
        Some(seconds) if seconds.abs() > DURATION_SECONDS_MAX => Err(invalid() + ". It overflows int64"),
        // Seconds are nanoseconds first: 0.29 has 290 milliseconds though its product is a little less.
        Some(seconds) => Ok((seconds * 1e9) as i64 / 1_000_000),
        None => milliseconds(text).map_err(|_| invalid()),
    }
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}
