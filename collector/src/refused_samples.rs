//! Samples that were refused while their request was taken: counted by reason, the first one in words.

use std::collections::BTreeMap;

/// What the first refusal may take of a message.
const FIRST_BYTES_MAX: usize = 400;

/// Refused samples, histograms and exemplars.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RefusedSamples {
    pub by_reason: BTreeMap<&'static str, u64>,
    /// The first one: which it was and what was wrong.
    pub first: Option<String>,
}

impl RefusedSamples {
    pub fn count(&self) -> u64 {
        self.by_reason.values().sum()
    }

    /// Counts `count` samples under a reason; `why` is asked for words only if they are the first.
    pub fn add(&mut self, reason: &'static str, count: u64, why: impl FnOnce() -> String) {
        if count == 0 {
            return;
        }
        *self.by_reason.entry(reason).or_default() += count;
        if self.first.is_none() {
            let mut first = why();
            first.truncate(first.floor_char_boundary(FIRST_BYTES_MAX));
            self.first = Some(first);
        }
    }

    /// What to tell the sender: how many by reason, and the first.
    pub fn message(&self) -> String {
        let reasons: Vec<String> = self.by_reason.iter().map(|(reason, count)| format!("{reason} {count}")).collect();
        format!("refused by reason: {}; first: {}", reasons.join(", "), self.first.as_deref().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_counted_and_the_first_is_named() {
        let mut refused = RefusedSamples::default();
        refused.add("none", 0, || "nothing".to_owned());
        refused.add("time", 2, || "series up: late".to_owned());
        refused.add("utf8", 1, || "series down".to_owned());
        assert_eq!(refused.count(), 3);
        assert_eq!(refused.message(), "refused by reason: time 2, utf8 1; first: series up: late");
    }

    #[test]
    fn the_message_is_bounded() {
        let mut refused = RefusedSamples::default();
        refused.add("time", 1, || "é".repeat(10_000));
        assert!(refused.message().len() < FIRST_BYTES_MAX + 100);
    }
}
