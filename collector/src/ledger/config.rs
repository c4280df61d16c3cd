//! What can be set about the ledger: the keys under `ledger:`. Every default is a named constant.

use std::time::Duration;

use bytesize::ByteSize;
use serde::{Deserialize, Serialize};

const MEMORY_BYTES_MAX: ByteSize = ByteSize::gib(1);
const MEMORY_BYTES_MIN: ByteSize = ByteSize::mib(1);
/// Exporters send every 5 seconds, and the two sides of a call are sent by two of them.
const PAIRING_WAIT: Duration = Duration::from_secs(15);
const CLOSE_AFTER: Duration = Duration::from_secs(60);
const LATE_INTERVAL: Duration = Duration::from_secs(60);
const REFRESH_INTERVAL: Duration = Duration::from_secs(1);
const TRACE_SPAN_MAX: Duration = Duration::from_hours(1);
const LONGEST: Duration = Duration::from_hours(24);

/// The ledger's part of the configuration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LedgerConfig {
    /// Memory of the traces from which open windows are made. Beyond it the oldest are let go, and their windows are made
    /// from the stored spans when they close.
    pub memory_bytes_max: ByteSize,
    /// How long a call whose other side has not come is kept out of the graph, because that may still come.
    #[serde(with = "humantime_serde")]
    pub pairing_wait: Duration,
    /// How long after its end a window is written.
    #[serde(with = "humantime_serde")]
    pub close_after: Duration,
    /// How often a window that late spans touch is written again, at most; the first time it waits a sixth of this.
    #[serde(with = "humantime_serde")]
    pub late_interval: Duration,
    /// How often open windows are brought up to date; less often while that takes more than a tenth of the time.
    #[serde(with = "humantime_serde")]
    pub refresh_interval: Duration,
    /// The longest trace that is paired as a whole when its spans are read back.
    #[serde(with = "humantime_serde")]
    pub trace_span_max: Duration,
}

impl Default for LedgerConfig {
    fn default() -> Self {
        Self {
            memory_bytes_max: MEMORY_BYTES_MAX,
            pairing_wait: PAIRING_WAIT,
            close_after: CLOSE_AFTER,
            late_interval: LATE_INTERVAL,
            refresh_interval: REFRESH_INTERVAL,
            trace_span_max: TRACE_SPAN_MAX,
        }
    }
}

impl LedgerConfig {
    /// # Errors
    /// A text that names the key that cannot be as it is, and why.
    pub fn validate(&self) -> Result<(), String> {
        if self.memory_bytes_max < MEMORY_BYTES_MIN {
            return Err(format!(
                "ledger.memory_bytes_max is {}, the least is {MEMORY_BYTES_MIN}",
                self.memory_bytes_max
            ));
        }
        let durations = [
            ("pairing_wait", self.pairing_wait),
            ("close_after", self.close_after),
            ("late_interval", self.late_interval),
            ("refresh_interval", self.refresh_interval),
            ("trace_span_max", self.trace_span_max),
        ];
        for (key, duration) in durations {
            if duration.is_zero() || duration > LONGEST {
                let duration = humantime_serde::re::humantime::format_duration(duration);
                return Err(format!("ledger.{key} is {duration}, it must be more than 0s and at most 24h"));
            }
        }
        if self.close_after < self.pairing_wait {
            return Err("ledger.close_after is less than ledger.pairing_wait, windows would close too early".to_owned());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_valid() {
        assert_eq!(LedgerConfig::default().validate(), Ok(()));
    }

    #[test]
    fn what_cannot_be_is_refused_by_its_key() {
        let zero = LedgerConfig { late_interval: Duration::ZERO, ..LedgerConfig::default() };
        assert!(zero.validate().unwrap_err().starts_with("ledger.late_interval is 0s"));
        let early = LedgerConfig { close_after: Duration::from_secs(5), ..LedgerConfig::default() };
        assert!(early.validate().unwrap_err().starts_with("ledger.close_after is less than"));
        let small = LedgerConfig { memory_bytes_max: ByteSize::kib(4), ..LedgerConfig::default() };
        assert!(small.validate().unwrap_err().starts_with("ledger.memory_bytes_max"));
    }
}
