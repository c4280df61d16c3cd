//! The labels of a series that is new: those of the page, those of the target, and what rules make of them.
//!
//! Source: Prometheus' configuration documentation, `honor_labels`.

use std::borrow::Cow;

use crate::scrape::relabel::LabelSet;

const EXPORTED: &str = "exported_";

/// As a page has them.
pub(super) type PageLabels<'a> = Vec<(Cow<'a, str>, Cow<'a, str>)>;

/// Joins the labels of a page and of its target.
///
/// When those of the page are honored they win, even empty ones, which then keep the target's away. Otherwise those of the
/// target win, and what the page said stands under `exported_` and the name, with more of these where that is taken too.
pub(super) fn joined(page: &PageLabels<'_>, target: &LabelSet, honors_page: bool) -> LabelSet {
    let mut labels: LabelSet = page.iter().map(|(name, value)| (name, value.as_ref())).collect();
    if honors_page {
        let says = |name: &str| page.iter().any(|(held, _)| held == name);
        target.iter().filter(|(name, _)| !says(name)).for_each(|(name, value)| labels.set(name, value));
        return labels;
    }
    let mut conflicts = Vec::new();
    for (name, value) in target.iter() {
        let said = labels.get(name);
        if !said.is_empty() {
            conflicts.push((name, said.to_owned()));
        }
        labels.set(name, value);
    }
    // The shortest first, so that `a` and `exported_a` do not depend on their order.
    conflicts.sort_by_key(|(name, _)| name.len());
    for (name, said) in conflicts {
        labels.set(&free_name(&labels, name), said);
    }
    labels
}

fn free_name(labels: &LabelSet, name: &str) -> String {
    let mut free = format!("{EXPORTED}{name}");
    while !labels.get(&free).is_empty() {
        free.insert_str(0, EXPORTED);
    }
    free
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(page: &[(&str, &str)], target: &[(&str, &str)], honors_page: bool, expected: &[(&str, &str)]) {
        let page = page.iter().map(|(name, value)| (Cow::Borrowed(*name), Cow::Borrowed(*value))).collect();
        let mut labels = joined(&page, &target.iter().copied().collect(), honors_page);
        labels.sort();
        assert_eq!(labels.iter().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn labels_of_the_target_are_added() {
        for honors_page in [false, true] {
            check(&[("a", "1")], &[("b", "2")], honors_page, &[("a", "1"), ("b", "2")]);
        }
    }

    #[test]
    fn what_conflicts_is_exported() {
        check(&[("a", "1")], &[("a", "2")], false, &[("a", "2"), ("exported_a", "1")]);
        check(
            &[("a", "1"), ("exported_a", "0")],
            &[("a", "2")],
            false,
            &[("a", "2"), ("exported_a", "0"), ("exported_exported_a", "1")],
        );
        check(
            &[("a", "1"), ("exported_a", "0")],
            &[("a", "2"), ("exported_a", "3")],
            false,
            &[("a", "2"), ("exported_a", "3"), ("exported_exported_a", "1"), ("exported_exported_exported_a", "0")],
        );
        check(&[("a", "")], &[("a", "2")], false, &[("a", "2")]);
    }

    #[test]
    fn what_is_honored_stays() {
        check(&[("a", "1")], &[("a", "2")], true, &[("a", "1")]);
        check(&[("a", "")], &[("a", "2"), ("b", "3")], true, &[("b", "3")]);
    }
}
