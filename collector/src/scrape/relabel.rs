//! Relabelling: rules that keep, drop and change label sets, of targets before they are scraped and of series after.
//!
//! Source: prometheus.io/docs/prometheus/latest/configuration/configuration, `relabel_config`.

/// A rule as it is written.
mod config;
/// Labels while they change.
mod label_set;
/// A rule as it is applied.
mod rule;

pub use config::RelabelConfig;
pub use label_set::LabelSet;
pub use rule::Rules;

#[cfg(test)]
mod tests;
