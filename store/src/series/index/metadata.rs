//! What is known of metric families: the newest word about each.

use std::collections::HashMap;
use std::sync::Arc;

use super::hash::FoldState;
use crate::series::sample::MetricMetadata;

/// The families of a tenant that are kept; further ones are counted and not kept.
pub const FAMILIES_MAX: usize = 50_000;
/// What is kept of a help text; a longer one is cut.
pub const HELP_BYTES_MAX: usize = 1024;
/// What is kept of a unit.
pub const UNIT_BYTES_MAX: usize = 128;
/// Families with longer names are not kept: no metric is called so.
pub const FAMILY_BYTES_MAX: usize = 1024;

#[derive(Debug)]
struct Family {
    metadata: MetricMetadata,
    receive_ms: i64,
}

/// Metric families by name.
#[derive(Debug, Default)]
pub(super) struct Families {
    by_name: HashMap<Arc<str>, Family, FoldState>,
}

impl Families {
    /// Notes what was received; what is received later wins. Returns how many were refused.
    pub(super) fn note(&mut self, metadata: &[MetricMetadata], receive_ms: i64) -> u64 {
        metadata.iter().filter(|metadata| !self.note_one(metadata, receive_ms)).count() as u64
    }

    fn note_one(&mut self, metadata: &MetricMetadata, receive_ms: i64) -> bool {
        if let Some(held) = self.by_name.get_mut(&*metadata.family) {
            if held.receive_ms <= receive_ms {
                held.receive_ms = receive_ms;
                replace(&mut held.metadata, metadata);
            }
            return true;
        }
        if self.by_name.len() >= FAMILIES_MAX || metadata.family.len() > FAMILY_BYTES_MAX {
            return false;
        }
        let mut held = MetricMetadata { family: Arc::clone(&metadata.family), ..MetricMetadata::default() };
        replace(&mut held, metadata);
        self.by_name.insert(Arc::clone(&held.family), Family { metadata: held, receive_ms });
        true
    }

    /// Whether noting this would change nothing but times.
    pub(super) fn has(&self, metadata: &MetricMetadata, receive_ms: i64) -> bool {
        self.by_name.get(&*metadata.family).is_some_and(|held| {
            held.receive_ms.saturating_add(FRESH_MS) > receive_ms
                && held.metadata.kind == metadata.kind
                && *held.metadata.help == *cut(&metadata.help, HELP_BYTES_MAX)
                && *held.metadata.unit == *cut(&metadata.unit, UNIT_BYTES_MAX)
        })
    }

    pub(super) fn get(&self, family: &str) -> Option<&MetricMetadata> {
        Some(&self.by_name.get(family)?.metadata)
    }

    /// All of them, by name.
    pub(super) fn all(&self) -> Vec<MetricMetadata> {
        let mut all: Vec<MetricMetadata> = self.by_name.values().map(|held| held.metadata.clone()).collect();
        all.sort_unstable_by(|a, b| a.family.cmp(&b.family));
        all
    }

    /// Drops families of which nothing was heard since.
    pub(super) fn sweep(&mut self, cutoff_ms: i64) {
        self.by_name.retain(|_, held| held.receive_ms >= cutoff_ms);
        self.by_name.shrink_to(self.by_name.len() * 2);
    }
}

/// A time of receipt this young is not worth a lock for writing.
const FRESH_MS: i64 = 60_000;

/// Texts that stay as they are keep their memory.
fn replace(held: &mut MetricMetadata, with: &MetricMetadata) {
    held.kind = with.kind;
    for (held, with, bytes_max) in
        [(&mut held.help, &with.help, HELP_BYTES_MAX), (&mut held.unit, &with.unit, UNIT_BYTES_MAX)]
    {
        let with_cut = cut(with, bytes_max);
        if **held != *with_cut {
            *held = if with_cut.len() == with.len() { Arc::clone(with) } else { Arc::from(with_cut) };
        }
    }
}

fn cut(text: &str, bytes_max: usize) -> &str {
    &text[..text.floor_char_boundary(bytes_max)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::sample::MetricKind;

    fn metadata(family: &str, help: &str) -> MetricMetadata {
        MetricMetadata { family: family.into(), kind: MetricKind::Counter, help: help.into(), unit: "".into() }
    }

    fn check(noted: &[(&str, &str, i64)], expected: &[(&str, &str)]) {
        let mut families = Families::default();
        for (family, help, receive_ms) in noted {
            families.note(&[metadata(family, help)], *receive_ms);
        }
        let expected: Vec<MetricMetadata> = expected.iter().map(|(family, help)| metadata(family, help)).collect();
        assert_eq!(families.all(), expected);
    }

    #[test]
    fn the_newest_word_counts() {
        check(&[("b", "old", 1), ("a", "1", 1), ("b", "new", 2)], &[("a", "1"), ("b", "new")]);
        check(&[("b", "new", 2), ("b", "old", 1)], &[("b", "new")]);
    }

    #[test]
    fn long_help_is_cut_between_characters() {
        check(&[("a", &"é".repeat(600), 1)], &[("a", &"é".repeat(512))]);
        check(&[("a", &format!("x{}", "é".repeat(600)), 1)], &[("a", &format!("x{}", "é".repeat(511)))]);
    }

    #[test]
    fn families_beyond_the_bound_are_refused_and_known_ones_are_not() {
        let mut families = Families::default();
        let many: Vec<MetricMetadata> = (0..=FAMILIES_MAX).map(|n| metadata(&format!("m{n}"), "")).collect();
        assert_eq!(families.note(&many, 1), 1);
        assert_eq!(families.note(&[metadata("m0", "changed")], 2), 0);
        assert_eq!(families.get("m0").map(|held| &*held.help), Some("changed"));
        assert_eq!(families.note(&[metadata(&"m".repeat(FAMILY_BYTES_MAX + 1), "")], 2), 1);
    }

    #[test]
    fn what_is_not_heard_of_again_goes() {
        let mut families = Families::default();
        families.note(&[metadata("old", ""), metadata("new", "")], 10);
        families.note(&[metadata("new", "")], 20);
        families.sweep(15);
        assert_eq!(families.all(), [metadata("new", "")]);
    }

    #[test]
    fn what_is_known_and_fresh_need_not_be_noted() {
        let mut families = Families::default();
        families.note(&[metadata("a", &"x".repeat(2000))], 10);
        assert!(families.has(&metadata("a", &"x".repeat(1024)), 10));
        assert!(!families.has(&metadata("a", "y"), 10));
        assert!(!families.has(&metadata("a", &"x".repeat(1024)), 10 + FRESH_MS));
    }
}
