//! Durations as Prometheus writes them: `15s`, `1m30s`, `500ms`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Units from the longest to the shortest, in which order they must follow one another.
const UNITS_MS: [(&str, u64); 7] = [
    ("y", 365 * 24 * 60 * 60 * 1000),
    ("w", 7 * 24 * 60 * 60 * 1000),
    ("d", 24 * 60 * 60 * 1000),
    ("h", 60 * 60 * 1000),
    ("m", 60 * 1000),
    ("s", 1000),
    ("ms", 1),
];

/// A duration in whole milliseconds. Source: Prometheus' configuration documentation, `<duration>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PromDuration(Duration);

impl PromDuration {
    pub const fn from_secs(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

    pub const fn get(self) -> Duration {
        self.0
    }

    pub const fn is_zero(self) -> bool {
        self.0.is_zero()
    }

    fn millis(self) -> u64 {
        u64::try_from(self.0.as_millis()).unwrap_or(u64::MAX)
    }
}

impl From<Duration> for PromDuration {
    fn from(duration: Duration) -> Self {
        Self(duration)
    }
}

impl FromStr for PromDuration {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = || format!("{text:?} is no duration, write it like 15s or 1m30s");
        if text == "0" {
            return Ok(Self(Duration::ZERO));
        }
        let (mut rest, mut units, mut total_ms) = (text, &UNITS_MS[..], 0u64);
        while !rest.is_empty() {
            let (number, after) = rest.split_at(end_of(rest, |c| c.is_ascii_digit()));
            let (unit, after) = after.split_at(end_of(after, |c| !c.is_ascii_digit()));
            let at = units.iter().position(|(name, _)| *name == unit).ok_or_else(refused)?;
            let number: u64 = number.parse().map_err(|_| refused())?;
            let part_ms = number.checked_mul(units[at].1).ok_or_else(refused)?;
            total_ms = total_ms.checked_add(part_ms).ok_or_else(refused)?;
            (rest, units) = (after, &units[at + 1..]);
        }
        if text.is_empty() { Err(refused()) } else { Ok(Self(Duration::from_millis(total_ms))) }
    }
}

/// Where the characters end that `belongs` accepts.
fn end_of(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c| !belongs(c)).unwrap_or(text.len())
}

/// As Prometheus prints it: weeks and years only where nothing is left over.
impl fmt::Display for PromDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut left_ms = self.millis();
        if left_ms == 0 {
            return f.write_str("0s");
        }
        for (unit, unit_ms) in UNITS_MS {
            let is_exact_only = matches!(unit, "y" | "w");
            if left_ms < unit_ms || (is_exact_only && !left_ms.is_multiple_of(unit_ms)) {
                continue;
            }
            write!(f, "{}{unit}", left_ms / unit_ms)?;
            left_ms %= unit_ms;
        }
        Ok(())
    }
}

impl Serialize for PromDuration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PromDuration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected_ms: Option<u64>) {
        assert_eq!(text.parse::<PromDuration>().ok().map(PromDuration::millis), expected_ms, "{text}");
    }

    #[test]
    fn units_follow_from_long_to_short() {
        check("15s", Some(15_000));
        check("1m30s", Some(90_000));
        check("500ms", Some(500));
        check("1h1m1s1ms", Some(3_661_001));
        check("1d", Some(86_400_000));
        check("0", Some(0));
        check("0s", Some(0));
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in ["", "15", "s", "1s1m", "1s1s", "1.5s", "-1s", "1 s", "99999999999999999999s", "999999999999999y"] {
            check(text, None);
        }
    }

    #[test]
    fn print_and_read_are_inverse() {
        for text in ["15s", "1m30s", "2h", "1w", "8d", "1y", "1d1ms", "0s"] {
            assert_eq!(text.parse::<PromDuration>().unwrap().to_string(), text);
        }
    }
}
